//! The stable names of the rules that diagnostics refer to. A name is never given another meaning.

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $text:literal;)*) => {
        $($(#[$doc])* pub const $name: &str = $text;)*
        /// Every code there is.
        pub const ALL: &[&str] = &[$($text),*];
    };
}

codes! {
    /// An alias that stands within what it refers to.
    ALIAS_CYCLE = "alias-cycle";
    /// `cannot override`: two files give a key different kinds of values.
    CANNOT_OVERRIDE = "cannot-override";
    /// Two keys of one object exclude each other.
    CONFLICTING_KEYS = "conflicting-keys";
    /// Two fields that mean the same have different values.
    CONFLICTING_VALUES = "conflicting-values";
    /// Services that wait for each other in a circle.
    DEPENDENCY_CYCLE = "dependency-cycle";
    /// A service depends on one whose profile is not switched on.
    DEPENDENCY_DISABLED = "dependency-disabled";
    /// A key that works but should no longer be written.
    DEPRECATED = "deprecated";
    /// A name that two things claim.
    DUPLICATE_NAME = "duplicate-name";
    /// A list that says the same thing twice.
    DUPLICATE_ITEM = "duplicate-item";
    /// A key that stands twice in one mapping.
    DUPLICATE_KEY = "duplicate-key";
    /// Two mounts at one path.
    DUPLICATE_MOUNT = "duplicate-mount";
    /// A service mounts the engine's socket.
    ENGINE_SOCKET = "engine-socket";
    /// A file without a document.
    EMPTY_FILE = "empty-file";
    /// `extends` that comes back to where it began.
    EXTENDS_CYCLE = "extends-cycle";
    /// A file that cannot be read, for another reason than that it is missing.
    FILE_UNREADABLE = "file-unreadable";
    /// A file that is not there.
    FILE_NOT_FOUND = "file-not-found";
    /// The definition does not carry a file that it needs.
    FILE_NOT_CARRIED = "file-not-carried";
    /// A file that is not UTF-8.
    FILE_NOT_UTF8 = "file-not-utf8";
    /// Accepted by the specification, without effect on a single engine.
    IGNORED_HERE = "ignored-here";
    /// An included resource that the including file has too.
    INCLUDE_CONFLICT = "include-conflict";
    /// `include` that comes back to where it began.
    INCLUDE_CYCLE = "include-cycle";
    /// A line of an env file that is not a variable.
    INVALID_ENV_FILE = "invalid-env-file";
    /// `${…}` that is not a variable.
    INVALID_INTERPOLATION = "invalid-interpolation";
    /// A name that breaks its rule.
    INVALID_NAME = "invalid-name";
    /// A value that its field does not take.
    INVALID_VALUE = "invalid-value";
    /// Text that is not YAML.
    INVALID_YAML = "invalid-yaml";
    /// A value with a `$` that nothing fills in.
    LITERAL_DOLLAR = "literal-dollar";
    /// A mapping without a key that it needs.
    MISSING_KEY = "missing-key";
    /// `${X:?…}` without a value.
    MISSING_VARIABLE = "missing-variable";
    /// An image whose tag is another image tomorrow.
    MOVING_TAG = "moving-tag";
    /// A service without a healthcheck for which others wait.
    NO_HEALTHCHECK = "no-healthcheck";
    /// A service that names neither an image nor a build.
    NO_IMAGE = "no-image";
    /// No Compose file where one is looked for.
    NO_FILE = "no-compose-file";
    /// A service without a restart policy.
    NO_RESTART_POLICY = "no-restart-policy";
    /// A mapping's key that is not text.
    NON_STRING_KEY = "non-string-key";
    /// Spelt as YAML 1.1 had it.
    OLD_BOOLEAN = "old-boolean";
    /// A port that is published on all interfaces.
    OPEN_PORT = "open-port";
    /// A service that may do anything on the machine.
    PRIVILEGED = "privileged";
    /// Several files that could be meant.
    SEVERAL_FILES = "several-files";
    /// A definition over one of the limits.
    TOO_LARGE = "too-large";
    /// More errors than are shown.
    TOO_MANY_ERRORS = "too-many-errors";
    /// More warnings than are shown.
    TOO_MANY_WARNINGS = "too-many-warnings";
    /// An alias without an anchor.
    UNDEFINED_ALIAS = "undefined-alias";
    /// A config that no top-level key defines.
    UNDEFINED_CONFIG = "undefined-config";
    /// A model that no top-level key defines.
    UNDEFINED_MODEL = "undefined-model";
    /// A network that no top-level key defines.
    UNDEFINED_NETWORK = "undefined-network";
    /// A secret that no top-level key defines.
    UNDEFINED_SECRET = "undefined-secret";
    /// A service that does not exist.
    UNDEFINED_SERVICE = "undefined-service";
    /// A volume that no top-level key defines.
    UNDEFINED_VOLUME = "undefined-volume";
    /// A key that the specification does not have at this place.
    UNKNOWN_KEY = "unknown-key";
    /// A profile that was asked for and that no service has.
    UNKNOWN_PROFILE = "unknown-profile";
    /// A variable that is not set, and became empty text.
    UNSET_VARIABLE = "unset-variable";
    /// Part of the specification that Evenkeel does not do yet.
    UNSUPPORTED = "unsupported";
    /// A value of another type than its field takes.
    WRONG_TYPE = "wrong-type";
}
