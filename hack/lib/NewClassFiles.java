import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassFile.ClassHierarchyResolverOption;
import java.lang.classfile.ClassFile.ConstantPoolSharingOption;
import java.lang.classfile.ClassFile.StackMapsOption;
import java.lang.classfile.ClassFileVersion;
import java.lang.classfile.ClassHierarchyResolver;
import java.lang.constant.ClassDesc;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;

/// Gives the classes of old jars the class file version of Java 8, with stack maps; what they do
/// stays the same, and a note in the jar says so.
///
/// The start-up cache of the JVM leaves out every class older than Java 6, and every class that
/// extends one of them: without this that is the whole command line parser, and all factories of
/// the dependency injection, which cost a tenth of a second at each start.
///
/// Arguments: jars. Those without old classes are left as they are.
void main(String[] jars) throws IOException {
  for (String jar : jars) {
    Path path = Path.of(jar);
    List<String> old;
    try (var in = new ZipFile(path.toFile())) {
      old = oldClasses(in);
      if (!old.isEmpty()) {
        rewrite(in, old, path.resolveSibling(path.getFileName() + ".new"));
      }
    }
    if (!old.isEmpty()) {
      Files.move(path.resolveSibling(path.getFileName() + ".new"), path, StandardCopyOption.REPLACE_EXISTING);
    }
  }
}

/// Offset of the major version behind magic number and minor version.
static final int MAJOR_VERSION_AT = 6;

static final String NOTE = "META-INF/CHANGED-BY-THRESHER";

List<String> oldClasses(ZipFile jar) {
  return jar.stream()
      .filter(entry -> entry.getName().endsWith(".class"))
      .filter(entry -> ByteBuffer.wrap(read(jar, entry)).getShort(MAJOR_VERSION_AT) < ClassFile.JAVA_6_VERSION)
      .map(ZipEntry::getName)
      .toList();
}

void rewrite(ZipFile from, List<String> old, Path to) throws IOException {
  ClassFile format =
      ClassFile.of(
          StackMapsOption.GENERATE_STACK_MAPS,
          // With the old pool the bytes of a method would be copied as they are, without stack maps.
          ConstantPoolSharingOption.NEW_POOL,
          ClassHierarchyResolverOption.of(
              ClassHierarchyResolver.defaultResolver()
                  .orElse(ClassHierarchyResolver.ofResourceParsing((ClassDesc type) -> resource(from, type)))));
  try (var out = new ZipOutputStream(Files.newOutputStream(to))) {
    for (ZipEntry entry : (Iterable<ZipEntry>) from.stream().map(ZipEntry.class::cast)::iterator) {
      byte[] bytes = read(from, entry);
      write(out, entry.getName(), entry.getTime(), old.contains(entry.getName()) ? renewed(format, bytes) : bytes);
    }
    String note =
        old.size() + " class files of this jar were given the version of Java 8 and stack maps. Nothing else was changed.\n";
    write(out, NOTE, from.stream().findFirst().orElseThrow().getTime(), note.getBytes(StandardCharsets.UTF_8));
  }
}

byte[] renewed(ClassFile format, byte[] bytes) {
  return format.transformClass(
      format.parse(bytes),
      (made, element) -> {
        if (element instanceof ClassFileVersion) {
          made.withVersion(ClassFile.JAVA_8_VERSION, 0);
        } else {
          made.with(element);
        }
      });
}

void write(ZipOutputStream out, String name, long time, byte[] bytes) throws IOException {
  var entry = new ZipEntry(name);
  entry.setTime(time);
  out.putNextEntry(entry);
  out.write(bytes);
  out.closeEntry();
}

InputStream resource(ZipFile jar, ClassDesc type) {
  String descriptor = type.descriptorString();
  ZipEntry entry = jar.getEntry(descriptor.substring(1, descriptor.length() - 1) + ".class");
  try {
    return entry == null ? null : jar.getInputStream(entry);
  } catch (IOException e) {
    throw new UncheckedIOException(e);
  }
}

byte[] read(ZipFile jar, ZipEntry entry) {
  try (InputStream in = jar.getInputStream(entry)) {
    return in.readAllBytes();
  } catch (IOException e) {
    throw new UncheckedIOException(e);
  }
}
