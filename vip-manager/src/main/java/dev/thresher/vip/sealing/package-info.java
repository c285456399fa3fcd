/// Datagrams among nodes that nobody else can make, change or repeat.
///
/// Each is sealed with a key that all nodes share and says who speaks to whom; who was not heard
/// before must first answer a fresh question, so that nothing recorded earlier is ever believed,
/// also not after a restart; within what is believed nothing is taken twice ([Sealing]). Keys are
/// changed without a gap ([Keyring]). It opens no socket, keeps no file, and does not know what the
/// datagrams say; it does not hide it either. Start at [Sealing].
@NullMarked
package dev.thresher.vip.sealing;

import org.jspecify.annotations.NullMarked;
