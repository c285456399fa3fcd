package dev.thresher.vip.services;

import dev.thresher.api.names.KubeVipNames;
import org.jspecify.annotations.Nullable;

/// Which Services are ours by `spec.loadBalancerClass`, as kube-vip decides it.
///
/// @param name the class that is ours (`lb_class_name`); empty is allowed without legacy handling
/// @param only legacy handling: leave Services without a class alone (`lb_class_only`)
/// @param legacy legacy handling (`lb_class_legacy_handling`): a class must be ours, none will do
///   unless `only`. Without it: the class must be ours, or absent if `name` is empty
public record ClassPolicy(String name, boolean only, boolean legacy) {

  public static final ClassPolicy DEFAULT =
      new ClassPolicy(KubeVipNames.LOAD_BALANCER_CLASS, false, true);

  public boolean serves(@Nullable String loadBalancerClass) {
    if (loadBalancerClass == null) {
      return legacy ? !only : name.isEmpty();
    }
    return loadBalancerClass.equals(name);
  }
}
