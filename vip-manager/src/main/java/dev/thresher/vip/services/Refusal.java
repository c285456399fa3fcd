package dev.thresher.vip.services;

/// Something in a Service that is not done.
///
/// @param field where it stands, for example `metadata.annotations[kube-vip.io/loadbalancerIPs]`
/// @param value what stands there
/// @param problem why not
/// @param fix what to do
public record Refusal(String field, String value, String problem, String fix) {

  @Override
  public String toString() {
    return field + ": \"" + value + "\" " + problem + ". " + fix;
  }
}
