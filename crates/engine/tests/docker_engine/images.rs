//! Builds and pulls.

use crate::{others, output, play};
use evenkeel_engine::{Error, Progress};
use evenkeel_model::{Action, Availability, Build, BuildSource, ImageRef, Protocol, SurveyRequest};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

fn build(context: &std::path::Path, dockerfile: BuildSource) -> Build {
    Build {
        context: context.to_string_lossy().into_owned(),
        dockerfile,
        args: BTreeMap::from([("WHO".to_owned(), Some("the world".to_owned())), ("NONE".to_owned(), None)]),
        target: Some("app".to_owned()),
        labels: BTreeMap::from([("purpose".to_owned(), "test".to_owned())]),
        network: None,
        tags: Vec::new(),
        cache_from: Vec::new(),
        extra_hosts: vec!["one:192.0.2.1".to_owned(), "two:192.0.2.2".to_owned()],
        no_cache: true,
        pull: false,
        shm_size_bytes: None,
        memory_bytes: None,
        ulimits: BTreeMap::new(),
        isolation: None,
        beyond_classic: Vec::new(),
        platform: None,
    }
}

#[tokio::test]
async fn a_build_makes_what_its_dockerfile_says() {
    play("build", async |stage| {
        let context = tempfile::tempdir().expect("a directory");
        for (name, content) in [("kept", "kept"), ("secret", "secret"), (".dockerignore", "*\n!kept\n")] {
            std::fs::write(context.path().join(name), content).expect("a file");
        }
        let dockerfile = format!(
            "FROM {0} AS app\nARG WHO\nCOPY . /context/\nRUN grep -c 192.0.2 /etc/hosts > /hosts\n\
             RUN echo \"hello $WHO\" > /greeting\nFROM {0}\nRUN false\n",
            stage.image
        );
        let (image, tag) = (ImageRef::from("evenkeel/ektest-build:1"), "evenkeel/ektest-build:2");
        let lines = Arc::new(Mutex::new(Vec::new()));
        let sink = Arc::clone(&lines);
        let progress = Progress::new(move |line| sink.lock().expect("a list").push(line));
        let mut build = build(context.path(), BuildSource::Inline(dockerfile));
        build.tags = vec![tag.to_owned()];
        let action = Action::BuildImage { image: image.clone(), build: Box::new(build) };
        stage.engine.perform(&action, &progress).await.expect("a build");
        assert!(lines.lock().expect("a list").iter().any(|line| line.starts_with("Step 1/")));

        let mut interest = stage.interest();
        interest.images = [image.clone(), ImageRef::from(tag)].into();
        assert_eq!(stage.engine.observe(&interest).await.expect("an observation").images.len(), 2);
        let mut new = stage.new_container("web", "cat /greeting /hosts; ls -A /context", &[]);
        new.spec.image = Some(image.clone());
        stage.run(new).await;
        assert_eq!(output(stage, "web").await, "hello the world\n2\nkept");

        let inspect = others().inspect_image(image.as_str()).await.expect("the image");
        let labels = inspect.config.and_then(|config| config.labels).unwrap_or_default();
        assert_eq!(labels.get("com.docker.compose.image.builder").map(String::as_str), Some("classic"));
        assert_eq!(labels.get("purpose").map(String::as_str), Some("test"));
        stage.done(stage.remove("web")).await;
        let mut changes = stage.engine.changes();
        for name in [image.as_str(), tag] {
            others()
                .remove_image(name, None::<bollard::query_parameters::RemoveImageOptions>, None)
                .await
                .expect("a removal");
        }
        let gone = async {
            while !stage.engine.observe(&interest).await.expect("an observation").images.is_empty() {
                futures::StreamExt::next(&mut changes).await;
            }
        };
        tokio::time::timeout(std::time::Duration::from_secs(30), gone).await.expect("seen to be gone");
    })
    .await;
}

#[tokio::test]
async fn a_build_that_fails_says_its_last_words() {
    play("badbuild", async |stage| {
        let context = tempfile::tempdir().expect("a directory");
        let image = ImageRef::from("evenkeel/ektest-bad:1");
        let failure = async |build: Build| {
            let action = Action::BuildImage { image: image.clone(), build: Box::new(build) };
            match stage.perform(action).await {
                Err(Error::Rejected { message }) => message,
                other => panic!("{other:?} is no refusal"),
            }
        };
        let dockerfile = format!("FROM {} AS app\nRUN echo about to fail; exit 9\n", stage.image);
        let words = failure(build(context.path(), BuildSource::Inline(dockerfile))).await;
        assert!(words.contains("about to fail") && words.contains("returned a non-zero code: 9"), "{words}");
        let words = failure(build(context.path(), BuildSource::File("Dockerfile".to_owned()))).await;
        assert!(words.contains("Dockerfile cannot be read"), "{words}");
        let words = failure(build("/no/such/context".as_ref(), BuildSource::File("Dockerfile".to_owned()))).await;
        assert!(words.contains("/no/such/context is not a directory"), "{words}");
    })
    .await;
}

#[tokio::test]
async fn an_image_that_cannot_be_had_is_refused() {
    play("pull", async |stage| {
        // Nothing listens on port 9: whatever the network, this registry cannot be reached.
        let image = ImageRef::from("127.0.0.1:9/no/such:1");
        let Err(Error::Faltered { message }) =
            stage.perform(Action::PullImage { image: image.clone(), platform: None }).await
        else {
            panic!("it was pulled, or nobody may try again")
        };
        assert!(message.contains("127.0.0.1:9/no/such:1 cannot be pulled"), "{message}");
        let request = SurveyRequest { images: [image.clone()].into(), ..SurveyRequest::default() };
        let survey = stage.engine.survey(&request).await.expect("a survey");
        assert!(matches!(survey.images[&image], Availability::Unavailable(_)), "{:?}", survey.images);
    })
    .await;
}

#[tokio::test]
async fn paths_and_ports_of_the_host_are_surveyed() {
    play("survey", async |stage| {
        if !stage.engine.capabilities().await.expect("an engine").local {
            return;
        }
        // In the engine's own network: another one than ours where it runs apart.
        let listener = in_the_engines_network(|| std::net::TcpListener::bind("127.0.0.1:0").expect("a port"));
        let port = listener.local_addr().expect("an address").port();
        let request = SurveyRequest {
            bind_sources: ["/".to_owned(), "/no/such".to_owned()].into(),
            ports: [(port, Protocol::Tcp)].into(),
            ..SurveyRequest::default()
        };
        let survey = stage.engine.survey(&request).await.expect("a survey");
        assert_eq!(survey.missing_paths, ["/no/such".to_owned()].into());
        let held = survey.ports.iter().find(|held| held.port == port).expect("the port");
        assert!(held.by.starts_with("process "), "{}", held.by);
        let unasked = stage.engine.survey(&SurveyRequest::default()).await.expect("a survey");
        assert_eq!(unasked.ports, [], "nobody has asked");
    })
    .await;
}

/// Does something in the network namespace of the process that listens on the engine's socket.
fn in_the_engines_network<T: Send>(act: impl FnOnce() -> T + Send) -> T {
    let host = std::env::var("DOCKER_HOST").unwrap_or_default();
    let socket = host.strip_prefix("unix://").unwrap_or("/var/run/docker.sock");
    let stream = std::os::unix::net::UnixStream::connect(socket).expect("the engine");
    let peer = nix::sys::socket::getsockopt(&stream, nix::sys::socket::sockopt::PeerCredentials).expect("its process");
    let namespace = std::fs::File::open(format!("/proc/{}/ns/net", peer.pid())).expect("its namespace");
    std::thread::scope(|scope| {
        let acting = scope.spawn(|| {
            // Only this thread goes there.
            nix::sched::setns(namespace, nix::sched::CloneFlags::CLONE_NEWNET).expect("to be let in");
            act()
        });
        acting.join().expect("an end")
    })
}
