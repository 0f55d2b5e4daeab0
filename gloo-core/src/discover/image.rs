//! References of container images, and the versions that they tell.

use crate::Istr;
use crate::discover::diagnostic::{Code, Diagnostics};
use crate::discover::resource::Controller;

/// The version of a control plane: what its image says, else the first of `labels` that its controller has, else what
/// is `configured`. Nobody needs it to tell that it is a control plane, so what is missing is only noted.
pub fn control_plane_version(
    controller: &Controller,
    image: &str,
    labels: &[&str],
    configured: &str,
    notes: &mut Diagnostics,
) -> Istr {
    let of_image = image_version(image);
    let in_image = of_image.unwrap_or_default();
    let told = labels.iter().filter_map(|key| controller.labels.get(key)).find(|version| !version.is_empty());
    let version = match told {
        _ if !in_image.is_empty() => in_image.into(),
        Some(told) => told.clone(),
        None => configured.into(),
    };
    let problem = match of_image {
        Err(error) => Some(error.to_string()),
        Ok(_) if version.is_empty() => Some("it has no tag, and nothing else tells the version".to_owned()),
        Ok(_) => None,
    };
    if let Some(problem) = problem {
        let object = format!("{} {}", controller.id.kind.word(), controller.id.name);
        notes.note(Code::ImageUnparsable, object, format!("image {image}: {problem}"));
    }
    version
}

/// The version that a reference of an image names: its tag, else its digest, else nothing.
///
/// # Errors
///
/// If the text is no reference of an image.
///
/// ```
/// use gloo_core::discover::image_version;
///
/// assert_eq!(image_version("docker.io/istio/pilot:1.28.4"), Ok("1.28.4"));
/// assert_eq!(image_version("mirror.corp:5000/mesh/pilot:1.30.0-distroless"), Ok("1.30.0-distroless"));
/// assert_eq!(image_version("docker.io/istio/pilot@sha256:ab"), Ok("sha256:ab"));
/// assert_eq!(image_version("registry.local/istio/pilot"), Ok(""));
/// assert!(image_version("a:1:x:y").is_err());
/// ```
pub fn image_version(reference: &str) -> Result<&str, InvalidImage> {
    let (name, digest) = match reference.split_once('@') {
        Some((name, digest)) => (name, Some(digest)),
        None => (reference, None),
    };
    let has_registry = name
        .split_once('/')
        .is_some_and(|(first, _)| first.contains('.') || first.contains(':') || first == "localhost");
    let path = if has_registry { name.split_once('/').map_or("", |(_, path)| path) } else { name };
    let (path, tag) = match path.split_once(':') {
        Some((path, tag)) => (path, Some(tag)),
        None => (path, None),
    };
    let is_word = |text: &str| {
        let mut bytes = text.bytes();
        let first = bytes.next().is_some_and(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        first && text.len() <= 128 && bytes.all(|it| it.is_ascii_alphanumeric() || b"_.-".contains(&it))
    };
    let is_path = !path.is_empty()
        && path.split('/').all(|part| {
            let lower =
                |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"_.-".contains(&byte);
            !part.is_empty() && part.bytes().all(lower)
        });
    let is_digest =
        |text: &str| text.split_once(':').is_some_and(|(kind, sum)| !kind.is_empty() && is_hex(sum));
    let is_bare_sum = !path.contains('/') && path.len() == 64 && is_hex(path);
    if !is_path
        || is_bare_sum
        || tag.is_some_and(|tag| !is_word(tag))
        || digest.is_some_and(|it| !is_digest(it))
    {
        return Err(InvalidImage);
    }
    Ok(tag.or(digest).unwrap_or_default())
}

fn is_hex(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// A text that is no reference of an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a reference of an image")]
pub struct InvalidImage;
