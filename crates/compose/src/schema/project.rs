//! The top level: the project, its networks, volumes, secrets, configs and models.

use super::service::SERVICE;
use super::shape::{BOOL_TEXT, LIST_OR_MAP, NULL, Names, OPTIONS, Object, Shape, TEXT, TEXT_OR_SET, TEXTS, WHOLE};

pub(super) static PROJECT: Object = Object::new(&[
    ("version", &TEXT),
    ("name", &TEXT),
    ("include", &Shape::List(&INCLUDE)),
    ("services", &Shape::Map(Names::Resource, &SERVICE)),
    ("networks", &Shape::Map(Names::Any, &NETWORK)),
    ("volumes", &Shape::Map(Names::Resource, &VOLUME)),
    ("secrets", &Shape::Map(Names::Resource, &SECRET)),
    ("configs", &Shape::Map(Names::Resource, &CONFIG)),
    ("models", &Shape::Map(Names::Any, &MODEL)),
]);

static INCLUDE: Shape = Shape::Either(&[
    &TEXT,
    &Shape::Object(
        &Object::new(&[("path", &TEXT_OR_SET), ("env_file", &TEXT_OR_SET), ("project_directory", &TEXT)]).open(),
    ),
]);

static EXTERNAL: Shape = Shape::Either(&[&BOOL_TEXT, &Shape::Object(&Object::new(&[("name", &TEXT)]))]);
static EXTERNAL_OPEN: Shape = Shape::Either(&[&BOOL_TEXT, &Shape::Object(&Object::new(&[("name", &TEXT)]).open())]);

static NETWORK: Shape = Shape::Either(&[
    &NULL,
    &Shape::Object(&Object::new(&[
        ("name", &TEXT),
        ("driver", &TEXT),
        ("driver_opts", &OPTIONS),
        ("ipam", &Shape::Object(&IPAM)),
        ("external", &EXTERNAL),
        ("internal", &BOOL_TEXT),
        ("enable_ipv4", &BOOL_TEXT),
        ("enable_ipv6", &BOOL_TEXT),
        ("attachable", &BOOL_TEXT),
        ("labels", &LIST_OR_MAP),
    ])),
]);

static IPAM: Object = Object::new(&[
    ("driver", &TEXT),
    ("config", &Shape::List(&Shape::Object(&POOL))),
    ("options", &Shape::Map(Names::Any, &TEXT)),
]);

static POOL: Object = Object::new(&[
    ("subnet", &TEXT),
    ("ip_range", &TEXT),
    ("gateway", &TEXT),
    ("aux_addresses", &Shape::Map(Names::Some, &TEXT)),
]);

static VOLUME: Shape = Shape::Either(&[
    &NULL,
    &Shape::Object(&Object::new(&[
        ("name", &TEXT),
        ("driver", &TEXT),
        ("driver_opts", &OPTIONS),
        ("external", &EXTERNAL),
        ("labels", &LIST_OR_MAP),
    ])),
]);

static SECRET: Shape = Shape::Object(&Object::new(&[
    ("name", &TEXT),
    ("environment", &TEXT),
    ("file", &TEXT),
    ("external", &EXTERNAL_OPEN),
    ("labels", &LIST_OR_MAP),
    ("driver", &TEXT),
    ("driver_opts", &OPTIONS),
    ("template_driver", &TEXT),
]));

static CONFIG: Shape = Shape::Object(&Object::new(&[
    ("name", &TEXT),
    ("content", &TEXT),
    ("environment", &TEXT),
    ("file", &TEXT),
    ("external", &EXTERNAL_OPEN),
    ("labels", &LIST_OR_MAP),
    ("template_driver", &TEXT),
]));

static MODEL: Shape = Shape::Object(
    &Object::new(&[("name", &TEXT), ("model", &TEXT), ("context_size", &WHOLE), ("runtime_flags", &TEXTS)])
        .needs(&["model"]),
);
