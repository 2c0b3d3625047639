//! Files in and out of a service's containers, as tar archives that nobody holds as a whole; and images of what containers have become.

use crate::extract::{Json, Named, Query, Segments};
use crate::problem::{Answer, bad_request, not_found};
use crate::session;
use crate::state::ApiState;
use crate::target::{self, Which};
use axum::body::Body;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use evenkeel_engine::{Archive, Commit, Error, Files, FilesToWrite, PathKind};
use evenkeel_model::{Container, ImageRef, StackName};
use evenkeel_wire as wire;
use evenkeel_wire::{CommitRequest, Committed, FilesQuery, IndexQuery, PathInfo, routes};
use futures::StreamExt;

const TAR: &str = "application/x-tar";

/// What there is under a path of a service's container, running or not.
#[utoipa::path(
    get, path = routes::PATH, tag = "files",
    params(
        ("stack" = String, Path, description = "The stack"), ("service" = String, Path, description = "The service"),
        FilesQuery,
    ),
    responses((status = 200, body = PathInfo)),
)]
pub async fn get_path(
    State(state): State<ApiState>,
    Named(stack): Named,
    Segments(names): Segments<(String, String)>,
    Query(query): Query<FilesQuery>,
) -> Answer<axum::Json<PathInfo>> {
    let (_, service) = names;
    let container = meant(&state, &stack, &service, &query).await?;
    let found = state.control().engine().path(&container.name, &query.path).await;
    let found = found.map_err(|error| session::refused(&error))?;
    let found = found.ok_or_else(|| not_found(&format!("path in container {}:", container.name), &query.path, []))?;
    let (kind, target) = match found.kind {
        PathKind::File => (wire::PathKind::File, None),
        PathKind::Directory => (wire::PathKind::Directory, None),
        PathKind::Link(target) => (wire::PathKind::Link, Some(target)),
        PathKind::Other => (wire::PathKind::Other, None),
    };
    let container = container.name.to_string();
    Ok(axum::Json(PathInfo { container, name: found.name, kind, size: found.size, target }))
}

/// What is under a path of a service's container, as a tar archive. Names in it begin with the path's last part.
#[utoipa::path(
    get, path = routes::FILES, tag = "files",
    params(
        ("stack" = String, Path, description = "The stack"), ("service" = String, Path, description = "The service"),
        FilesQuery,
    ),
    responses((status = 200, description = "The archive", body = Vec<u8>, content_type = "application/x-tar")),
)]
pub async fn read_files(
    State(state): State<ApiState>,
    Named(stack): Named,
    Segments(names): Segments<(String, String)>,
    Query(query): Query<FilesQuery>,
) -> Answer<Response> {
    let (_, service) = names;
    let container = meant(&state, &stack, &service, &query).await?;
    answer(&state, &container, &Files::Under(query.path)).await
}

/// Unpack a tar archive in a directory of a service's container.
#[utoipa::path(
    put, path = routes::FILES, tag = "files",
    params(
        ("stack" = String, Path, description = "The stack"), ("service" = String, Path, description = "The service"),
        FilesQuery,
    ),
    request_body(content = Vec<u8>, content_type = "application/x-tar"),
    responses((status = 204, description = "It is there")),
)]
pub async fn write_files(
    State(state): State<ApiState>,
    Named(stack): Named,
    Segments(names): Segments<(String, String)>,
    Query(query): Query<FilesQuery>,
    body: Body,
) -> Answer<StatusCode> {
    let (_, service) = names;
    let _permit = state.stream_permit()?;
    let container = meant(&state, &stack, &service, &query).await?;
    let files = FilesToWrite { container: container.name, directory: query.path, owners: query.owners };
    let broken = |error: axum::Error| Error::Rejected { message: format!("the archive broke off: {error}") };
    let archive: Archive = body.into_data_stream().map(move |piece| piece.map_err(broken)).boxed();
    let written = state.control().engine().write_files(&files, archive).await;
    written.map_err(|error| session::refused(&error))?;
    Ok(StatusCode::NO_CONTENT)
}

/// The whole file system of a service's container as a tar archive, without what is mounted.
#[utoipa::path(
    get, path = routes::EXPORT, tag = "files",
    params(
        ("stack" = String, Path, description = "The stack"), ("service" = String, Path, description = "The service"),
        IndexQuery,
    ),
    responses((status = 200, description = "The archive", body = Vec<u8>, content_type = "application/x-tar")),
)]
pub async fn export(
    State(state): State<ApiState>,
    Named(stack): Named,
    Segments(names): Segments<(String, String)>,
    Query(query): Query<IndexQuery>,
) -> Answer<Response> {
    let (_, service) = names;
    let which = Which { index: query.index, ..Which::default() };
    let container = target::container(&state, &stack, &service, which).await?;
    answer(&state, &container, &Files::All).await
}

/// Make an image from what a service's container has become.
#[utoipa::path(
    post, path = routes::COMMIT, tag = "files",
    params(("stack" = String, Path, description = "The stack"), ("service" = String, Path, description = "The service")),
    request_body(content = Option<CommitRequest>), responses((status = 200, body = Committed)),
)]
pub async fn commit(
    State(state): State<ApiState>,
    Named(stack): Named,
    Segments(names): Segments<(String, String)>,
    Json(request): Json<CommitRequest>,
) -> Answer<axum::Json<Committed>> {
    let (_, service) = names;
    let which = Which { index: request.index, ..Which::default() };
    let container = target::container(&state, &stack, &service, which).await?.name;
    let commit = Commit {
        container: container.clone(),
        image: request.image.map(ImageRef::from),
        author: request.author,
        message: request.message,
        changes: request.changes,
        pause: request.pause,
    };
    let made = state.control().commit(&stack, commit).await.map_err(|error| session::refused(&error))?;
    Ok(axum::Json(Committed { container: container.to_string(), id: made.to_string() }))
}

async fn meant(state: &ApiState, stack: &StackName, service: &str, query: &FilesQuery) -> Answer<Container> {
    if !query.path.starts_with('/') {
        return Err(bad_request("`path` must be an absolute path of the container"));
    }
    let which = Which { index: query.index, name: query.container.as_deref(), running: false };
    target::container(state, stack, service, which).await
}

async fn answer(state: &ApiState, container: &Container, files: &Files) -> Answer<Response> {
    let permit = state.stream_permit()?;
    let archive = state.control().engine().read_files(&container.name, files).await;
    let archive = archive.map_err(|error| session::refused(&error))?;
    // The permit is held while the archive is read.
    let pieces = archive.map(move |piece| {
        let _ = &permit;
        piece.map_err(std::io::Error::other)
    });
    Ok(([(header::CONTENT_TYPE, TAR)], Body::from_stream(pieces)).into_response())
}
