"""The judge of a Kubernetes cluster: answers Argo Rollouts or Flagger over HTTP, by git, the API and the pods."""
