/// Each node's network as an object of the cluster: what this node's kernel says is written into
/// its `NodeNetwork`, which of its interfaces are used is read from `NodeNetworkSetting`s, and what
/// the other nodes wrote says which networks exist at all.
///
/// Nothing here decides who holds an address, and nothing stops when the definitions are not
/// installed. Start at [RecordStatus] for the record, at [SettingRules] for the settings.
@NullMarked
package dev.thresher.vip.nodes;

import org.jspecify.annotations.NullMarked;
