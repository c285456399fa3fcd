package dev.thresher.e2e.cloud;

import com.google.gson.JsonObject;
import java.util.Optional;

/// Which node holds the addresses of a Service, as the API says.
public final class Holder {

  private static final String VIP_HOST = "kube-vip.io/vipHost";

  private Holder() {}

  public static Optional<String> of(Cloud cloud, GuestService service) {
    Optional<JsonObject> announced =
        switch (cloud.placement()) {
          case GUEST -> service.object();
          case HOST ->
              new HostObjects(cloud.host())
                  .loadBalancer(service)
                  .flatMap(lb ->
                      cloud
                          .host()
                          .api()
                          .find(
                              "/api/v1/namespaces/"
                                  + HostObjects.text(lb, "metadata", "namespace")
                                  + "/services/"
                                  + HostObjects.name(lb)));
        };
    return announced
        .map(s -> HostObjects.text(s, "metadata", "annotations", VIP_HOST))
        .filter(node -> !node.isEmpty());
  }
}
