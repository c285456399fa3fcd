package dev.thresher.loadbalancer.app;

import dagger.BindsInstance;
import dagger.Component;
import dev.thresher.runtime.lifecycle.ShutdownSignal;
import dev.thresher.runtime.process.ProcessModule;
import jakarta.inject.Singleton;

/// Everything of one probe agent.
@Singleton
@Component(modules = {ProcessModule.class, HostModule.class, AgentModule.class})
interface AgentComponent {

  AgentProgram program();

  @Component.Factory
  interface Factory {
    AgentComponent create(@BindsInstance AgentConfig config, @BindsInstance ShutdownSignal signal);
  }
}
