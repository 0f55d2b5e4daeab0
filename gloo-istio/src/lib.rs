//! gloo-istio.
