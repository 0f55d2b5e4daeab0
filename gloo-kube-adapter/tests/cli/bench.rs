//! A place to run the tool in, and small worlds to run it on.

use std::fs;
use std::path::{Path, PathBuf};

use assert_cmd::Command;
use serde_json::Value;
use tempfile::TempDir;

/// A mesh on each of two clusters, with one service each.
pub const MESHES: &str = "\
apiVersion: settings.mesh.gloo.solo.io/v1
kind: Settings
metadata: {name: settings, namespace: gloo-mesh}
spec: {}
---
apiVersion: discovery.mesh.gloo.solo.io/v1
kind: Mesh
metadata: {name: istio-north, namespace: gloo-mesh}
spec:
  istio:
    installation: {namespace: istio-system, cluster: north}
    trustDomain: north.example
---
apiVersion: discovery.mesh.gloo.solo.io/v1
kind: Mesh
metadata: {name: istio-south, namespace: gloo-mesh}
spec:
  istio:
    installation: {namespace: istio-system, cluster: south}
    trustDomain: south.example
---
apiVersion: discovery.mesh.gloo.solo.io/v1
kind: Destination
metadata: {name: tea-north, namespace: gloo-mesh}
spec:
  kubeService:
    ref: {name: tea, namespace: kitchen, clusterName: north}
    workloadSelectorLabels: {app: tea}
    ports: [{name: http, port: 80, protocol: TCP}]
  mesh: {name: istio-north, namespace: gloo-mesh}
---
apiVersion: discovery.mesh.gloo.solo.io/v1
kind: Destination
metadata: {name: cake-south, namespace: gloo-mesh}
spec:
  kubeService:
    ref: {name: cake, namespace: kitchen, clusterName: south}
    workloadSelectorLabels: {app: cake}
    ports: [{name: http, port: 80, protocol: TCP}]
  mesh: {name: istio-south, namespace: gloo-mesh}
";

/// A policy that lets requests to tea time out.
pub const TEA: &str = "\
apiVersion: networking.mesh.gloo.solo.io/v1
kind: TrafficPolicy
metadata: {name: tea, namespace: gloo-mesh}
spec:
  destinationSelector:
  - kubeServiceRefs: {services: [{name: tea, namespace: kitchen, clusterName: north}]}
  policy:
    requestTimeout: 2s
";

/// A policy that lets requests to cake time out.
pub const CAKE: &str = "\
apiVersion: networking.mesh.gloo.solo.io/v1
kind: TrafficPolicy
metadata: {name: cake, namespace: gloo-mesh}
spec:
  destinationSelector:
  - kubeServiceRefs: {services: [{name: cake, namespace: kitchen, clusterName: south}]}
  policy:
    requestTimeout: 3s
";

/// A policy that selects a service that does not exist.
pub const LOST: &str = "\
apiVersion: networking.mesh.gloo.solo.io/v1
kind: TrafficPolicy
metadata: {name: lost, namespace: gloo-mesh}
spec:
  destinationSelector:
  - kubeServiceRefs:
      services:
      - {name: coffee, namespace: kitchen, clusterName: north}
  policy:
    requestTimeout: 2s
";

/// What a run of the tool left behind.
#[derive(Debug)]
pub struct Run {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Run {
    /// The document on the standard output.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).expect("one JSON document")
    }
}

/// A directory with a world and room for results.
pub struct Bench {
    folder: TempDir,
}

impl Bench {
    /// An empty directory.
    pub fn empty() -> Self {
        Self { folder: TempDir::new().expect("a temporary directory") }
    }

    /// A world with two meshes and two policies.
    pub fn new() -> Self {
        let bench = Self::empty();
        bench.write("world/mgmt/meshes.yaml", MESHES);
        bench.write("world/mgmt/policies/tea.yaml", TEA);
        bench.write("world/mgmt/policies/cake.yaml", CAKE);
        bench
    }

    /// The place of a file.
    pub fn path(&self, relative: &str) -> PathBuf {
        self.folder.path().join(relative)
    }

    /// Writes a file and the folders above it.
    pub fn write(&self, relative: &str, content: impl AsRef<[u8]>) {
        let path = self.path(relative);
        fs::create_dir_all(path.parent().expect("a file is in a folder")).expect("folders");
        fs::write(path, content).expect("a file");
    }

    /// Reads a file.
    pub fn read(&self, relative: &str) -> String {
        fs::read_to_string(self.path(relative)).expect("a file that can be read")
    }

    /// Removes a file.
    pub fn remove(&self, relative: &str) {
        fs::remove_file(self.path(relative)).expect("a file that can be removed");
    }

    /// Copies a folder.
    pub fn copy(&self, from: &Path, to: &str) {
        for entry in fs::read_dir(from).expect("a folder") {
            let path = entry.expect("an entry").path();
            let name = path.file_name().expect("a name").to_string_lossy().into_owned();
            let to = format!("{to}/{name}");
            if path.is_dir() {
                self.copy(&path, &to);
            } else {
                self.write(&to, fs::read(path).expect("a file"));
            }
        }
    }

    /// Every file below a folder with its content and its time, by name.
    pub fn files(&self, relative: &str) -> Vec<(String, String, std::time::SystemTime)> {
        let mut files = Vec::new();
        collect(&self.path(relative), &mut files);
        files.sort();
        files
    }

    /// The tool, in this directory, without anything of the caller's surroundings.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::cargo_bin("meshctl").expect("the tool was built");
        command.current_dir(self.folder.path()).args(arguments).env_clear().env("LANG", "C.UTF-8");
        command
    }

    /// Runs the tool.
    pub fn run(&self, arguments: &[&str]) -> Run {
        self.run_with(arguments, "")
    }

    /// Runs the tool with something on its standard input.
    pub fn run_with(&self, arguments: &[&str], stdin: &str) -> Run {
        finish(self.command(arguments).write_stdin(stdin))
    }
}

/// Runs a command to its end.
pub fn finish(command: &mut Command) -> Run {
    let output = command.output().expect("the tool runs");
    Run {
        code: output.status.code().expect("the tool ends by itself"),
        stdout: String::from_utf8(output.stdout).expect("text"),
        stderr: String::from_utf8(output.stderr).expect("text"),
    }
}

fn collect(folder: &Path, files: &mut Vec<(String, String, std::time::SystemTime)>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            collect(&path, files);
        } else {
            let time = fs::metadata(&path).and_then(|data| data.modified()).expect("a time");
            let text = fs::read_to_string(&path).expect("text");
            files.push((path.display().to_string(), text, time));
        }
    }
}
