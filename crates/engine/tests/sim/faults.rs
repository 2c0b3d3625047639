//! What goes wrong on demand, and by chance from a seed.

use crate::stage::*;
use evenkeel_engine::sim::{Behaviour, Call, Fault, Rates, SimOptions};
use evenkeel_engine::{Change, Engine, Error};
use evenkeel_model::{Action, Object};
use futures::{FutureExt, StreamExt};

#[tokio::test(start_paused = true)]
async fn a_request_fails_is_answered_in_vain_or_waits() {
    let rejected = || Error::Rejected { message: "no".into() };
    for (fault, error, happened, took) in [
        (Fault::Fail(rejected()), Some(rejected()), false, 0),
        (Fault::LoseReply, None, true, 0),
        (Fault::Delay(ms(700)), None, true, 700),
    ] {
        let stage = stage();
        stage.faults().next(Call::CreateNetwork, fault.clone());
        let began = tokio::time::Instant::now();
        let result = stage.perform(network("net", None)).await;
        match &fault {
            Fault::LoseReply => assert!(matches!(result, Err(Error::Unavailable { .. }))),
            _ => assert_eq!(result.err(), error, "{fault:?}"),
        }
        assert_eq!(stage.observe().await.networks.contains_key("net"), happened, "{fault:?}");
        assert_eq!(began.elapsed().as_millis(), took, "{fault:?}");
        stage.done(network("net", None)).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_request_hangs_until_the_engine_goes_down() {
    let stage = stage();
    stage.faults().next(Call::Start, Fault::Hang);
    stage.done(create(container("web"))).await;
    let mut hanging = std::pin::pin!(stage.perform(start("web")));
    assert!(hanging.as_mut().now_or_never().is_none());
    let waited = tokio::time::timeout(ms(3_600_000), hanging.as_mut()).await;
    assert!(waited.is_err(), "{waited:?}");
    stage.faults().kill_engine();
    assert!(matches!(hanging.await, Err(Error::Unavailable { .. })));
    stage.faults().revive_engine();
    assert_eq!(stage.state("web").await, "created");
}

#[tokio::test(start_paused = true)]
async fn a_creation_that_broke_off_goes_on_and_a_refused_one_leaves_nothing() {
    let stage = stage();
    for name in ["front", "back"] {
        stage.done(network(name, None)).await;
    }
    let new = on(container("web"), &["front", "back"]);
    stage.faults().fail_next(Call::Connect);
    assert!(matches!(stage.perform(create(new.clone())).await, Err(Error::Unavailable { .. })));
    assert_eq!(stage.container("web").await.networks.len(), 1);
    let half = stage.container("web").await.id;
    stage.done(create(new.clone())).await;
    let whole = stage.container("web").await;
    assert_eq!((whole.networks.len(), whole.id), (2, half));

    stage.done(remove("web")).await;
    let nowhere = on(container("web"), &["front", "nowhere"]);
    let refused = stage.perform(create(nowhere)).await;
    assert_eq!(refused, Err(Error::NotFound { object: Object::Network("nowhere".into()) }));
    assert!(stage.observe().await.containers.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_lost_event_costs_time_and_no_truth() {
    let stage = stage();
    stage.run(container("web"), Behaviour::default()).await;
    assert_eq!(stage.state("web").await, "running");
    let calls = stage.calls();
    stage.faults().drop_events(1);
    stage.outside().exit(&"web".into(), 1).unwrap();
    assert_eq!(stage.state("web").await, "running", "memory knows nothing of it");
    assert_eq!(stage.calls(), calls);
    let mut changes = stage.changes();
    pass_ms(61_000).await;
    assert_eq!(changes.next().await, Some(Change::Everything));
    assert_eq!(stage.state("web").await, "exited 1 Unknown", "nobody saw who ended it");
}

#[tokio::test(start_paused = true)]
async fn hints_name_the_stack_of_what_changed() {
    let stage = stage();
    let mut changes = stage.changes();
    let shop = Change::Stack("shop".into());
    stage.done(network("net", None)).await;
    assert_eq!(changes.next().await, Some(shop.clone()));
    stage.faults().double_events(1);
    stage.done(create(container("web"))).await;
    assert_eq!((changes.next().await, changes.next().await), (Some(shop.clone()), Some(shop)));
    stage.outside().add_volume(&"other".into(), [].into());
    assert_eq!(changes.next().await, Some(Change::Everything));
    assert_eq!(changes.next().now_or_never(), None);
    for _ in 0..2000 {
        stage.outside().add_volume(&"other".into(), [].into());
    }
    let mut lagging = changes.take(3);
    while let Some(change) = lagging.next().await {
        assert_eq!(change, Change::Everything, "who lags behind looks at everything");
    }
}

#[tokio::test(start_paused = true)]
async fn nothing_changed_nothing_asked() {
    let stage = stage();
    stage.run(checked("web"), Behaviour::default()).await;
    pass_ms(5000).await;
    stage.observe().await;
    let calls = stage.calls();
    pass_ms(3_600_000).await;
    for _ in 0..100 {
        stage.observe().await;
    }
    assert_eq!(stage.calls(), calls);
}

/// What happens under random faults to one who tries each thing until it is done.
async fn story(seed: u64) -> (Vec<String>, u64) {
    println!("seed {seed}");
    let stage = with(SimOptions { seed, ..SimOptions::default() });
    let rates = Rates { fail: 0.2, lose_reply: 0.2, delay: 0.2, delay_by: ms(40), drop_event: 0.1, double_event: 0.1 };
    stage.faults().rates(rates);
    let wanted = [
        network("front", None),
        network("back", None),
        create(on(container("web"), &["front", "back"])),
        start("web"),
        create(on(container("db"), &["back"])),
        start("db"),
        stop("db", 1),
        remove("db"),
        Action::RemoveNetwork("nothing".into()),
    ];
    for action in wanted {
        let mut tries = 0;
        while let Err(error) = stage.perform(action.clone()).await {
            assert!(matches!(error, Error::Unavailable { .. }), "{action:?}: {error}");
            tries += 1;
            assert!(tries < 200, "{action:?} never succeeds");
        }
    }
    stage.faults().clear();
    let observed = stage.observe().await;
    assert_eq!(observed.containers.keys().map(|name| name.as_str()).collect::<Vec<_>>(), ["web"]);
    assert_eq!((observed.containers["web"].networks.len(), observed.networks.len()), (2, 2));
    assert_eq!(stage.state("web").await, "running");
    (stage.journal(), stage.calls())
}

#[tokio::test(start_paused = true)]
async fn under_random_faults_persistence_wins_and_a_seed_tells_the_same_story() {
    let mut calls = std::collections::BTreeSet::new();
    for seed in 0..50 {
        let first = story(seed).await;
        assert_eq!(first, story(seed).await, "seed {seed}");
        calls.insert(first.1);
    }
    assert!(calls.len() > 5, "seeds make a difference: {calls:?}");
}
