//! The OpenAPI document: what the routes do not say about themselves, said once for all of them; and the page for people.

use crate::state::ApiState;
use axum::Router;
use axum::http::header;
use axum::routing::get;
use evenkeel_wire::{IDEMPOTENCY_KEY, PROBLEM_JSON, Problem, routes};
use utoipa::openapi::path::{Operation, Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{
    Components, Content, InfoBuilder, LicenseBuilder, OpenApi, OpenApiBuilder, Ref, RefOr, Required, ResponseBuilder,
    Schema,
};
use utoipa::{PartialSchema, ToSchema};
use utoipa_swagger_ui::{Config, SwaggerUi};

const TOKEN: &str = "token";
const ABOUT: &str = "\
Evenkeel keeps Docker Compose stacks as their files say. A definition is put; `up` makes it so; what breaks is mended.

Over the unix socket no token is wanted; over TCP every request shows one. Errors are `application/problem+json`. Times are \
RFC 3339 in UTC. Answers may grow fields; requests refuse fields that they do not know.";

/// The document's head.
pub fn head() -> OpenApi {
    let license = LicenseBuilder::new().name("Apache-2.0").identifier(Some("Apache-2.0")).build();
    let info =
        InfoBuilder::new().title("Evenkeel").version("1").description(Some(ABOUT)).license(Some(license)).build();
    OpenApiBuilder::new().info(info).build()
}

/// The whole document: with every operation's problem, every write's `Idempotency-Key`, and the token.
pub fn finish(mut document: OpenApi) -> OpenApi {
    let components = document.components.get_or_insert_with(Components::new);
    let mut schemas = vec![(Problem::name().into_owned(), Problem::schema())];
    Problem::schemas(&mut schemas);
    components.schemas.extend(schemas);
    let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build();
    components.add_security_scheme(TOKEN, SecurityScheme::Http(bearer));
    document.security = Some(vec![SecurityRequirement::new::<_, _, String>(TOKEN, [])]);
    for (path, item) in &mut document.paths.paths {
        let reads = [&mut item.get, &mut item.head];
        for operation in reads.into_iter().flatten() {
            add_problem(operation);
            if [routes::HEALTHZ, routes::READYZ].contains(&path.as_str()) {
                operation.security = Some(Vec::new());
            }
        }
        // A dry run writes nothing; a command is run and a signal is sent each time.
        let once = [routes::PLAN, routes::EXEC, routes::KILL, routes::RUNS, routes::ATTACH, routes::COMMIT];
        let post = item.post.as_mut().filter(|_| !once.contains(&path.as_str()));
        // An archive that is unpacked twice is there all the same.
        let put = item.put.as_mut().filter(|_| path.as_str() != routes::FILES);
        for operation in [put, post, item.delete.as_mut()].into_iter().flatten() {
            operation.parameters.get_or_insert_default().push(RefOr::T(idempotency_key()));
        }
        for operation in [&mut item.put, &mut item.post, &mut item.delete].into_iter().flatten() {
            add_problem(operation);
        }
    }
    document
}

/// The document, and the page that shows it. Everything that the page needs comes from this binary.
pub fn pages(document: &OpenApi) -> Router<ApiState> {
    let json = document.to_pretty_json().unwrap_or_default();
    let document = get(move || std::future::ready(([(header::CONTENT_TYPE, "application/json")], json.clone())));
    // The validator's badge would be fetched from a site outside.
    let config = Config::new([routes::OPENAPI]).validator_url("none").try_it_out_enabled(true);
    Router::from(SwaggerUi::new("/docs").config(config)).route(routes::OPENAPI, document)
}

fn add_problem(operation: &mut Operation) {
    for response in operation.responses.responses.values_mut() {
        // The specification wants a description where the schema says it all.
        if let RefOr::T(response) = response
            && response.description.is_empty()
        {
            response.description = "The answer".to_owned();
        }
    }
    let content = Content::new(Some(RefOr::<Schema>::Ref(Ref::from_schema_name(Problem::name()))));
    let problem = ResponseBuilder::new()
        .description("What went wrong, and how to mend it")
        .content(PROBLEM_JSON, content)
        .build();
    operation.responses.responses.insert("default".to_owned(), RefOr::T(problem));
}

fn idempotency_key() -> Parameter {
    ParameterBuilder::new()
        .name(IDEMPOTENCY_KEY)
        .parameter_in(ParameterIn::Header)
        .required(Required::False)
        .description(Some("The same request under the same key acts once"))
        .schema(Some(ObjectBuilder::new().schema_type(Type::String).build()))
        .build()
}
