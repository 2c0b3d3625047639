//! The health document as bytes, written once for each version of status, so that polling it costs nothing.

use crate::convert::health;
use axum::http::HeaderValue;
use bytes::Bytes;
use evenkeel_control::Control;
use sha2::{Digest, Sha256};
use std::fmt::Write as _;
use std::sync::{Mutex, PoisonError};

/// A written document.
#[derive(Debug, Clone)]
pub struct HealthDocument {
    /// JSON.
    pub body: Bytes,
    /// A strong ETag: a digest of the body, so that it is the same across a restart of the daemon.
    pub etag: HeaderValue,
}

/// The newest document.
#[derive(Debug, Default)]
pub struct HealthCache(Mutex<Option<(u64, HealthDocument)>>);

impl HealthCache {
    /// The document for status as it is now.
    pub fn document(&self, control: &Control) -> Result<HealthDocument, serde_json::Error> {
        // The version is read before the status: at worst a newer document stands under an older version, and is written again.
        let version = *control.version().borrow();
        if let Some((cached, document)) = &*self.0.lock().unwrap_or_else(PoisonError::into_inner)
            && *cached == version
        {
            return Ok(document.clone());
        }
        let body = Bytes::from(serde_json::to_vec(&health::to_wire(&control.views()))?);
        let document = HealthDocument { etag: etag(&body), body };
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some((version, document.clone()));
        Ok(document)
    }
}

fn etag(body: &[u8]) -> HeaderValue {
    let digest = Sha256::digest(body);
    let mut tag = String::from("\"");
    for byte in digest.iter().take(12) {
        let _ = write!(tag, "{byte:02x}");
    }
    tag.push('"');
    HeaderValue::from_str(&tag).unwrap_or(HeaderValue::from_static("\"\""))
}
