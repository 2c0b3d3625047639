//! What preflight finds, case by case: a stack, a world, what the survey saw, and the findings in words.

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic, dead_code)]

#[path = "planner/world.rs"]
mod world;

use evenkeel_model::*;
use evenkeel_plan::{preflight, survey_request};
use world::World;

/// `object: message` of every finding, in order.
fn check(case: &str, stack: &str, objects: &str, change: impl FnOnce(&mut World), survey: Survey, expected: &[&str]) {
    let mut world = World::new(stack, objects);
    change(&mut world);
    let findings = preflight(world.input(), &survey);
    let found: Vec<String> = findings.iter().map(|one| format!("{}: {}", one.object, one.message)).collect();
    assert_eq!(found, expected, "{case}");
    assert!(findings.iter().all(|one| !one.help.is_empty()), "{case}: every finding says how to mend it");
}

fn as_is(_: &mut World) {}

fn port_taken(port: u16, ip: &str, by: &str) -> Survey {
    let used = PortInUse { port, protocol: Protocol::Tcp, ip: ip.parse().unwrap(), container: None, by: by.to_owned() };
    Survey { ports: vec![used], ..Survey::default() }
}

#[test]
fn ports() {
    let nginx = || port_taken(80, "0.0.0.0", "process nginx (812)");
    let taken = ["port 80/tcp: service web publishes it, and process nginx (812) has it"];
    check("a port of the host is taken", "web: port 80", "image", as_is, nginx(), &taken);
    check("the service itself has it", "web: port 80", "image\n web running @10", as_is, nginx(), &[]);
    check("it runs, and is to be replaced", "web: port 80", "image\n web running @10 old", as_is, nginx(), &taken);
    check("another port", "web: port 81", "image", as_is, nginx(), &[]);
    check(
        "two services",
        "a: port 80\n b: port 80",
        "image",
        as_is,
        Survey::default(),
        &["port 80/tcp: services a and b both publish it"],
    );
    check(
        "two containers",
        "web: port 80; scale 2",
        "image",
        as_is,
        Survey::default(),
        &["port 80/tcp: service web publishes it and has 2 containers"],
    );
    let own = |owner: Owner| {
        let mut survey = port_taken(80, "0.0.0.0", "container s-web-1");
        survey.ports[0].container = Some((ContainerName::new("s-web-1"), owner));
        survey
    };
    check("our stack's own container", "web: port 80", "image", as_is, own(Owner::Evenkeel("s".into())), &[]);
    check(
        "another stack's container",
        "web: port 80",
        "image",
        as_is,
        own(Owner::Evenkeel("t".into())),
        &["port 80/tcp: service web publishes it, and container s-web-1 has it"],
    );
    check(
        "another address",
        "web: port 80",
        "image",
        |world| {
            let web = world.desired.stack.services.get_mut("web").unwrap();
            web.container.ports[0].host_ip = Some("10.0.0.1".parse().unwrap());
        },
        port_taken(80, "127.0.0.1", "process nginx (812)"),
        &[],
    );
}

#[test]
fn images_and_names() {
    let unavailable = Availability::Unavailable("no route to host".to_owned());
    let survey = Survey { images: [(ImageRef::new("app:1"), unavailable)].into(), ..Survey::default() };
    check(
        "an image that cannot be had",
        "web:",
        "",
        as_is,
        survey,
        &["image app:1: service web needs it, it is not on the engine and cannot be pulled: no route to host"],
    );
    let world = World::new("web:", "");
    assert_eq!(survey_request(world.input()).images, [ImageRef::new("app:1")].into());
    let world = World::new("web:", "image");
    assert_eq!(survey_request(world.input()).images, [].into(), "an image that is there is not asked for");
    check(
        "a name that is taken",
        "web:",
        "image\n web running @10 foreign",
        as_is,
        Survey::default(),
        &["container s-web-1: service web needs this name, and a container that Evenkeel did not make has it"],
    );
}

#[test]
fn subnets_and_external_objects() {
    let with_subnet = |world: &mut World| {
        let network = world.desired.stack.networks.get_mut("s_back").unwrap();
        let pool = IpamPool { subnet: Some("172.21.0.0/16".parse().unwrap()), ..IpamPool::default() };
        network.ipam = Some(Ipam { pools: vec![pool], ..Ipam::default() });
    };
    let used = |subnet: &str, network: Option<&str>| {
        let used = SubnetInUse {
            subnet: subnet.parse().unwrap(),
            network: network.map(str::to_owned),
            by: network.map_or("a route via eth0".to_owned(), |name| format!("network {name}")),
        };
        Survey { subnets: vec![used], ..Survey::default() }
    };
    for (subnet, network, expected) in [
        ("172.21.5.0/24", Some("other"), Some("172.21.5.0/24, which network other has")),
        ("172.0.0.0/8", None, Some("172.0.0.0/8, which a route via eth0 has")),
        ("172.22.0.0/16", Some("other"), None),
        ("172.21.0.0/16", Some("s_back"), None),
    ] {
        let expected = expected.map(|text| format!("network s_back: its subnet 172.21.0.0/16 overlaps {text}"));
        let expected: Vec<&str> = expected.iter().map(String::as_str).collect();
        check(subnet, "web: net back", "image", with_subnet, used(subnet, network), &expected);
    }
    check(
        "an external network that is missing",
        "web: net back",
        "image",
        |world| world.desired.stack.networks.get_mut("s_back").unwrap().external = true,
        Survey::default(),
        &["network s_back: service web uses it, it is declared external and does not exist"],
    );
    check(
        "an external network that is made where it is missing",
        "web: net back",
        "image",
        |world| {
            let network = world.desired.stack.networks.get_mut("s_back").unwrap();
            (network.external, network.create) = (true, true);
        },
        Survey::default(),
        &[],
    );
    check(
        "an external volume that is missing",
        "web: vol data",
        "image",
        |world| world.desired.stack.volumes.get_mut("s_data").unwrap().external = true,
        Survey::default(),
        &["volume s_data: service web uses it, it is declared external and does not exist"],
    );
    let came = |object: Object| Survey { came: [object].into(), ..Survey::default() };
    check(
        "an external network that came a moment ago",
        "web: net back",
        "image",
        |world| world.desired.stack.networks.get_mut("s_back").unwrap().external = true,
        came(Object::Network("s_back".into())),
        &[],
    );
    check(
        "an external volume that came a moment ago",
        "web: vol data",
        "image",
        |world| world.desired.stack.volumes.get_mut("s_data").unwrap().external = true,
        came(Object::Volume("s_data".into())),
        &[],
    );
    check(
        "a volume whose definition changed is only told of",
        "web: vol data",
        "image\n volume data",
        |world| world.desired.stack.volumes.get_mut("s_data").unwrap().driver = Some("nfs".to_owned()),
        Survey::default(),
        &["volume s_data: its definition changed; the volume is left as it is, because a new one would be empty"],
    );
}

#[test]
fn memory() {
    const GIB: u64 = 1 << 30;
    let machine = |bytes| Survey { memory_bytes: Some(bytes), ..Survey::default() };
    let ask = |world: &mut World| {
        for (name, reserved, limit) in [("a", Some(3), None), ("b", Some(2), Some(16))] {
            let spec = &mut world.desired.stack.services.get_mut(name).unwrap().container;
            spec.memory_reservation_bytes = reserved.map(|gib: i64| gib << 30);
            spec.memory_bytes = limit.map(|gib: i64| gib << 30);
        }
    };
    let limit = "service b: service b is limited to 16.0 GiB, which is more than the machine has (8.0 GiB): nothing holds it back";
    check("enough for all that is reserved", "a: scale 2\n b:", "image", ask, machine(8 * GIB), &[limit]);
    let short = "memory: the stack reserves 8.0 GiB in all (a 6.0 GiB, b 2.0 GiB), and the machine has 7.9 GiB";
    check(
        "too little for all, though enough for each",
        "a: scale 2\n b:",
        "image",
        ask,
        machine(8 * GIB - 1),
        &[short, &limit.replace("8.0", "7.9")],
    );
    check("a machine of unknown size", "a: scale 9\n b:", "image", ask, Survey::default(), &[]);
    let mut world = World::new("a:\n b:", "image");
    assert!(!survey_request(world.input()).memory, "nobody says anything about memory");
    ask(&mut world);
    assert!(survey_request(world.input()).memory);
}

#[test]
fn two_subnets_of_one_stack() {
    let with_subnets = |world: &mut World| {
        for (name, subnet) in [("s_back", "10.1.0.0/16"), ("s_front", "10.1.2.0/24")] {
            let pool = IpamPool { subnet: Some(subnet.parse().unwrap()), ..IpamPool::default() };
            let network = world.desired.stack.networks.get_mut(name).unwrap();
            network.ipam = Some(Ipam { pools: vec![pool], ..Ipam::default() });
        }
    };
    let expected =
        "network s_front: its subnet 10.1.2.0/24 overlaps 10.1.0.0/16, which network s_back of this stack wants";
    check("they overlap", "a: net back\n b: net front", "image", with_subnets, Survey::default(), &[expected]);
}

#[test]
fn paths_that_cannot_be_written() {
    let bind = |user: Option<&str>, groups: &[&str], read_only: bool| {
        let (user, groups) = (user.map(str::to_owned), groups.iter().map(|group| (*group).to_owned()).collect());
        move |world: &mut World| {
            let spec = &mut world.desired.stack.services.get_mut("web").unwrap().container;
            let source = MountSource::Bind {
                path: "/srv/d".to_owned(),
                create_host_path: true,
                propagation: None,
                selinux: None,
                recursive: None,
            };
            spec.mounts.push(Mount { source, target: "/d".to_owned(), read_only });
            (spec.user, spec.group_add) = (user, groups);
        }
    };
    let owned = |uid, gid, mode| Survey {
        owners: [("/srv/d".to_owned(), PathOwner { uid, gid, mode })].into(),
        users: [(ImageRef::new("app:1"), "50000".to_owned())].into(),
        ..Survey::default()
    };
    let advice = |user: &str, whose: &str| {
        format!("path /srv/d: service web mounts it on /d and runs as user {user}, who cannot write there: {whose}")
    };
    let roots = advice("1000", "it belongs to 0:0, with the mode 755");
    for (case, user, groups, read_only, survey, expected) in [
        ("the file's user", Some("1000"), &[][..], false, owned(0, 0, 0o755), Some(roots)),
        (
            "the image's",
            None,
            &[],
            false,
            owned(0, 9, 0o700),
            Some(advice("50000", "it belongs to 0:9, with the mode 700")),
        ),
        ("its own path", Some("1000"), &[], false, owned(1000, 0, 0o755), None),
        (
            "its own path, which nobody may write",
            Some("1000:5"),
            &[],
            false,
            owned(1000, 0, 0o575),
            Some(advice("1000", "it belongs to 1000:0, with the mode 575")),
        ),
        ("its group", Some("1000:5"), &[], false, owned(0, 5, 0o775), None),
        ("a further group", Some("1000:5"), &["7"], false, owned(0, 7, 0o775), None),
        (
            "another group",
            Some("1000:5"),
            &["7"],
            false,
            owned(0, 8, 0o775),
            Some(advice("1000", "it belongs to 0:8, with the mode 775")),
        ),
        ("a group that only the image knows", Some("1000"), &[], false, owned(0, 8, 0o775), None),
        ("everybody", Some("1000"), &[], false, owned(0, 0, 0o777), None),
        ("root", Some("0"), &[], false, owned(5, 5, 0o700), None),
        ("a name", Some("postgres"), &[], false, owned(0, 0, 0o700), None),
        ("read-only", Some("1000"), &[], true, owned(0, 0, 0o755), None),
        ("a remote engine", Some("1000"), &[], false, Survey::default(), None),
        (
            "a path that the engine makes",
            Some("1000"),
            &[],
            false,
            Survey { missing_paths: ["/srv/d".to_owned()].into(), ..Survey::default() },
            Some(advice("1000", "the engine will make it for root alone")),
        ),
    ] {
        let expected: Vec<&str> = expected.iter().map(String::as_str).collect();
        check(case, "web:", "image", bind(user, groups, read_only), survey, &expected);
    }
    let mut world = World::new("web:", "image");
    bind(None, &[], false)(&mut world);
    let request = survey_request(world.input());
    assert_eq!((request.owners.len(), request.users.len()), (1, 1));
}
