//! `deploy` of a service, and device requests.

use super::shape::{LIST_OR_MAP, NULL, NUMBER_TEXT, Object, Shape, TEXT, TEXT_SET, TEXTS, WHOLE_TEXT};

pub(super) static DEPLOY: Shape = Shape::Either(&[&NULL, &Shape::Object(&KEYS)]);

pub(super) static KEYS: Object = Object::new(&[
    ("endpoint_mode", &TEXT),
    ("labels", &LIST_OR_MAP),
    ("mode", &TEXT),
    ("placement", &Shape::Object(&PLACEMENT)),
    ("replicas", &WHOLE_TEXT),
    ("resources", &Shape::Object(&RESOURCES)),
    ("restart_policy", &Shape::Object(&RESTART)),
    ("rollback_config", &Shape::Object(&UPDATE)),
    ("update_config", &Shape::Object(&UPDATE)),
]);

static PLACEMENT: Object = Object::new(&[
    ("constraints", &TEXTS),
    ("max_replicas_per_node", &WHOLE_TEXT),
    ("preferences", &Shape::List(&Shape::Object(&Object::new(&[("spread", &TEXT)])))),
]);

pub(super) static RESOURCES: Object = Object::new(&[
    ("limits", &Shape::Object(&Object::new(&[("cpus", &NUMBER_TEXT), ("memory", &TEXT), ("pids", &WHOLE_TEXT)]))),
    (
        "reservations",
        &Shape::Object(&Object::new(&[
            ("cpus", &NUMBER_TEXT),
            ("devices", &Shape::List(&Shape::Object(&DEVICE))),
            ("generic_resources", &Shape::List(&Shape::Object(&GENERIC))),
            ("memory", &TEXT),
        ])),
    ),
]);

static GENERIC: Object = Object::new(&[(
    "discrete_resource_spec",
    &Shape::Object(&Object::new(&[("kind", &TEXT), ("value", &NUMBER_TEXT)])),
)]);

static RESTART: Object =
    Object::new(&[("condition", &TEXT), ("delay", &TEXT), ("max_attempts", &WHOLE_TEXT), ("window", &TEXT)]);

static UPDATE: Object = Object::new(&[
    ("delay", &TEXT),
    ("failure_action", &TEXT),
    ("max_failure_ratio", &NUMBER_TEXT),
    ("monitor", &TEXT),
    ("order", &Shape::Words(&["start-first", "stop-first"])),
    ("parallelism", &WHOLE_TEXT),
]);

const DEVICE_KEYS: &[(&str, &Shape)] = &[
    ("capabilities", &TEXT_SET),
    ("count", &WHOLE_TEXT),
    ("device_ids", &TEXT_SET),
    ("driver", &TEXT),
    ("options", &LIST_OR_MAP),
];
static DEVICE: Object = Object::new(DEVICE_KEYS).needs(&["capabilities"]);

pub(super) static GPUS: Shape =
    Shape::Either(&[&Shape::Words(&["all"]), &Shape::List(&Shape::Object(&Object::new(DEVICE_KEYS).open()))]);
