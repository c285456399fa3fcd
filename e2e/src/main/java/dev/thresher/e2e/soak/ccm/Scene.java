package dev.thresher.e2e.soak.ccm;

/// What is done to the clusters and the ccm, in this order.
public enum Scene {
  CREATE("nodes register and Services are created, all at once"),
  CHURN(
      "nodes and machines come, go, stop, start, are made again under the same name, get taints,"
          + " register anew; Services come and go"),
  HOST_AWAY("host API server away; Services, nodes and machines change meanwhile"),
  KILLED("ccm killed every second, then while it works, with Services and machines changing"),
  RESTARTED("API server and etcd of both clusters killed in the middle of a change"),
  BURST("Services made at once, deleted some time after the last address"),
  BURST_HALF("Services made at once, deleted while half of them have no address"),
  END("all Services deleted");

  private final String what;

  Scene(String what) {
    this.what = what;
  }

  /// For a table.
  public String what() {
    return what;
  }
}
