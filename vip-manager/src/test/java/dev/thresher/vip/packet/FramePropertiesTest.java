package dev.thresher.vip.packet;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Optional;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.From;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

class FramePropertiesTest {

  @Provide
  Arbitrary<byte[]> frames() {
    // Random octets behind a known EtherType, and real frames with a few octets changed.
    Arbitrary<byte[]> random = Arbitraries.bytes().array(byte[].class).ofMinSize(14).ofMaxSize(120);
    Arbitrary<byte[]> typed =
        random.flatMap(bytes ->
            Arbitraries.of(EthernetHeader.ARP, EthernetHeader.IPV4, EthernetHeader.IPV6)
                .map(type -> {
                  byte[] copy = bytes.clone();
                  Octets.put16(copy, 12, type);
                  return copy;
                }));
    Arbitrary<byte[]> mutated =
        Arbitraries.of(FrameTest.frames().map(Frame::encode).toList())
            .flatMap(frame ->
                Arbitraries.integers()
                    .between(14, frame.length - 1)
                    .list()
                    .ofMaxSize(4)
                    .flatMap(places ->
                        Arbitraries.bytes()
                            .map(value -> {
                              byte[] copy = frame.clone();
                              places.forEach(place -> copy[place] = value);
                              return copy;
                            })));
    return Arbitraries.oneOf(typed, mutated);
  }

  @Property(tries = 3000)
  void neverFailsOnForeignOctetsAndReadsBackWhatItUnderstood(@ForAll @From("frames") byte[] bytes) {
    Optional<Frame> frame = Frame.decode(bytes, bytes.length);
    frame.ifPresent(read -> {
      byte[] again = read.encode();
      assertThat(Frame.decode(again, again.length)).contains(read);
    });
  }
}
