/** Skills in containers. A table of contents: everything public is named here. */
export { createDockerRuntime, type DockerRuntimeOptions } from './runtime.ts';
export { findContainerEngine, type ContainerEngine } from './find-engine.ts';
