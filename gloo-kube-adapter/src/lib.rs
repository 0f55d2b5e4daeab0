//! gloo-kube-adapter.
