/// Files that flags name and a person wrote. Reads them into plain values and says what is wrong
/// where; what they mean is for whoever asks. Start reading at
/// [YamlFile][dev.thresher.ccm.files.YamlFile].
@NullMarked
package dev.thresher.ccm.files;

import org.jspecify.annotations.NullMarked;
