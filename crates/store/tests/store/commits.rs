//! What one request changes: whole, in order, once.

use crate::data::{at, change, contents, define, entry, fresh, generation, name, operation};
use evenkeel_model::{
    Attempt, Completion, Following, Forgotten, Goal, HookMoment, HooksRan, LedgerUpdate, Object, OperationId,
    OperationState, Undone,
};
use evenkeel_store::{Change, Committed, Error, HistoryFilter, IdempotencyKey, Order, Store};

#[tokio::test]
async fn generations_rise_with_each_new_definition_and_only_then() {
    let (_dir, store) = fresh().await;
    for (content, expected) in [("a", 1), ("a", 1), ("b", 2), ("b", 2), ("a", 3)] {
        let committed = store.commit(define("shop", content)).await.unwrap();
        assert_eq!(generation(&committed), expected, "after {content}");
    }
    let summaries = store.revisions(&name("shop")).await.unwrap();
    assert_eq!(summaries.iter().map(|summary| summary.generation).collect::<Vec<_>>(), [3, 2, 1]);
    let revision = store.revision(&name("shop"), 2).await.unwrap().unwrap();
    assert_eq!((revision.definition, revision.resolved), contents("shop", "b"));
    assert!(store.revision(&name("shop"), 4).await.unwrap().is_none());
}

#[tokio::test]
async fn a_changed_meaning_of_the_same_files_is_a_new_revision() {
    let (_dir, store) = fresh().await;
    store.commit(define("shop", "a")).await.unwrap();
    let mut again = define("shop", "a");
    again.new_revision.as_mut().unwrap().1.working_dir = "/elsewhere".into();
    assert_eq!(generation(&store.commit(again).await.unwrap()), 2);
}

#[tokio::test]
async fn a_stack_is_read_as_it_was_written() {
    let (_dir, store) = fresh().await;
    let mut wanted = define("shop", "a");
    wanted.intent.epoch = 7;
    wanted.intent.goal = Goal::Up;
    wanted.intent.held = true;
    wanted.intent.stale_runs.insert("shop-web-1".into(), at(0) + chrono::Duration::nanoseconds(123_456_789));
    store.commit(wanted.clone()).await.unwrap();
    store.commit(define("alpha", "a")).await.unwrap();

    let record = store.stack(&name("shop")).await.unwrap().unwrap();
    assert_eq!(record.intent, wanted.intent);
    assert_eq!(record.resolved, wanted.new_revision.unwrap().1);
    assert_eq!((record.created_at, record.changed_at), (at(0), at(0)));
    assert_eq!(record.desired().intent.epoch, 7);
    assert!(store.stack(&name("other")).await.unwrap().is_none());
    let all = store.stacks().await.unwrap();
    assert_eq!(all.iter().map(|record| record.name.as_str()).collect::<Vec<_>>(), ["alpha", "shop"]);
}

#[tokio::test]
async fn if_match_lets_only_the_generation_in_force_through() {
    let (_dir, store) = fresh().await;
    store.commit(define("shop", "a")).await.unwrap();
    store.commit(define("shop", "b")).await.unwrap();
    for (expected, stack, outcome) in
        [(1, "shop", Err(2)), (0, "shop", Err(2)), (2, "shop", Ok(3)), (1, "new", Err(0)), (0, "new", Ok(1))]
    {
        let change = Change { expect_generation: Some(expected), ..define(stack, "c") };
        let got = match store.commit(change).await {
            Ok(committed) => Ok(generation(&committed)),
            Err(Error::Stale { actual, .. }) => Err(actual),
            Err(other) => panic!("{other}"),
        };
        assert_eq!(got, outcome, "{stack} at {expected}");
    }
}

#[tokio::test]
async fn a_refused_change_leaves_no_trace() {
    let (_dir, store) = fresh().await;
    let (refused, operation) = (Some(9), Some(operation("shop", "op-1")));
    let whole = Change {
        expect_generation: refused,
        operation,
        history: vec![entry("accepted")],
        idempotency: Some(IdempotencyKey { key: "k".into(), fingerprint: "f".into() }),
        ..define("shop", "a")
    };
    assert!(matches!(store.commit(whole.clone()).await, Err(Error::Stale { actual: 0, .. })));
    assert_untouched(&store).await;

    // A failure after most of it is written: an operation id that is taken.
    store.commit(Change { operation: whole.operation.clone(), ..define("other", "a") }).await.unwrap();
    let taken = Change { expect_generation: None, ..whole.clone() };
    assert!(matches!(store.commit(taken.clone()).await, Err(Error::Unavailable(_))));
    assert_untouched(&store).await;

    // Its key was not used up by that either.
    let fixed = Change { operation: None, ..taken };
    assert_eq!(generation(&store.commit(fixed).await.unwrap()), 1);
}

async fn assert_untouched(store: &Store) {
    assert!(store.stack(&name("shop")).await.unwrap().is_none());
    assert!(store.operations(Some(&name("shop")), 10).await.unwrap().is_empty());
    assert!(store.history(&HistoryFilter { limit: 10, ..HistoryFilter::default() }).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_change_without_a_definition_needs_a_stack() {
    let (_dir, store) = fresh().await;
    let missing = store.commit(change("shop")).await;
    assert!(matches!(missing, Err(Error::UnknownStack { stack }) if stack == name("shop")));
}

#[tokio::test]
async fn a_new_operation_supersedes_the_running_one_of_its_stack() {
    let (_dir, store) = fresh().await;
    let begin = |stack: &str, id: &str| Change {
        operation: Some(operation(stack, id)),
        history: vec![entry(id)],
        at: at(5),
        ..define(stack, "a")
    };
    store.commit(begin("shop", "op-1")).await.unwrap();
    store.commit(begin("other", "op-2")).await.unwrap();
    let Committed::Done { superseded, history, operation, .. } = store.commit(begin("shop", "op-3")).await.unwrap()
    else {
        panic!("replayed");
    };
    assert_eq!(superseded, [OperationId("op-1".into())]);
    assert_eq!(operation.unwrap().generation, 1);
    assert_eq!(history.iter().map(|entry| entry.id).collect::<Vec<_>>(), [3, 4]);
    assert_eq!(history[0].operation, Some(OperationId("op-1".into())));

    let running = store.running_operations().await.unwrap();
    assert_eq!(running.iter().map(|operation| operation.id.0.as_str()).collect::<Vec<_>>(), ["op-2", "op-3"]);
    let first = store.operation(&OperationId("op-1".into())).await.unwrap().unwrap();
    assert_eq!(first.state, OperationState::Superseded { at: at(5) });
    assert_eq!((first.verb, first.services, first.deadline), (evenkeel_model::Verb::Up, vec!["web".into()], at(300)));
}

#[tokio::test]
async fn an_operation_ends_once() {
    let (_dir, store) = fresh().await;
    store.commit(Change { operation: Some(operation("shop", "op-1")), ..define("shop", "a") }).await.unwrap();
    let id = OperationId("op-1".into());
    let failed = OperationState::Failed { at: at(9), reason: "web: exit 1".into() };
    for (state, moved) in [
        (OperationState::Running, false),
        (failed.clone(), true),
        (OperationState::Succeeded { at: at(10) }, false),
        (failed.clone(), false),
    ] {
        assert_eq!(store.end_operation(&id, &state).await.unwrap(), moved, "{state:?}");
    }
    assert_eq!(store.operation(&id).await.unwrap().unwrap().state, failed);
    assert!(!store.end_operation(&OperationId("none".into()), &failed).await.unwrap());
    assert!(store.running_operations().await.unwrap().is_empty());
}

#[tokio::test]
async fn a_key_makes_a_request_happen_once_within_a_day() {
    let (_dir, store) = fresh().await;
    let request = |fingerprint: &str, id: Option<&str>, seconds| Change {
        operation: id.map(|id| operation("shop", id)),
        idempotency: Some(IdempotencyKey { key: "k".into(), fingerprint: fingerprint.into() }),
        at: at(seconds),
        ..define("shop", "a")
    };
    let day = 24 * 60 * 60;
    store.commit(request("f", Some("op-1"), 0)).await.unwrap();
    // Somebody changes the definition in between: the repeated request is still answered as before.
    store.commit(Change { at: at(1), ..define("shop", "b") }).await.unwrap();
    let stale = Change { expect_generation: Some(0), ..request("f", Some("op-2"), day) };
    assert_eq!(store.commit(stale).await.unwrap(), Committed::Replayed(OperationId("op-1".into())));
    assert!(matches!(store.commit(request("g", Some("op-2"), day)).await, Err(Error::KeyReused { .. })));
    assert_eq!(store.operations(None, 10).await.unwrap().len(), 1);

    let later = store.commit(request("g", None, day + 1)).await.unwrap();
    assert_eq!(generation(&later), 3);
    store.commit(Change { at: at(day + 2), ..define("shop", "c") }).await.unwrap();
    let again = store.commit(request("g", None, day + 3)).await.unwrap();
    assert_eq!(generation(&again), 3, "as it was answered then");
    assert_eq!(store.stack(&name("shop")).await.unwrap().unwrap().generation, 4, "and nothing was written");
}

#[tokio::test]
async fn the_ledger_is_cleared_with_the_request_that_says_so() {
    let (_dir, store) = fresh().await;
    store.commit(define("shop", "a")).await.unwrap();
    let attempt = Attempt {
        failures: 3,
        times: vec![at(0), at(0), at(1)],
        first_at: at(0),
        last_at: at(1),
        next_at: at(9),
        reason: "exit 1".into(),
        refused: false,
    };
    let completion = Completion {
        service: "init".into(),
        spec_hash: "abc".into(),
        epoch: 2,
        container_id: "1f".into(),
        started_at: at(3),
        finished_at: at(4),
    };
    let object = Object::Container("shop-web-1".into());
    let follows = |run| LedgerUpdate::Follows {
        container: "shop-web-1".into(),
        followed: "shop-db-1".into(),
        following: Following { run, beside: Some(at(3)), behind: true },
    };
    let updates = [
        LedgerUpdate::Failed { object: object.clone(), attempt: Attempt { failures: 1, ..attempt.clone() } },
        LedgerUpdate::Failed { object: object.clone(), attempt: attempt.clone() },
        LedgerUpdate::Failed { object: Object::Image("web:1".into()), attempt: attempt.clone() },
        LedgerUpdate::Cleared { object: Object::Image("web:1".into()) },
        LedgerUpdate::Completed { container: "shop-init-1".into(), completion: completion.clone() },
        follows(None),
        follows(Some(at(5))),
    ];
    store.record(&name("shop"), &updates).await.unwrap();
    let ledger = store.ledger(&name("shop")).await.unwrap();
    assert_eq!(ledger.attempts.into_iter().collect::<Vec<_>>(), [(object, attempt)]);
    assert_eq!(ledger.completions.into_iter().collect::<Vec<_>>(), [("shop-init-1".into(), completion)]);
    let followings = ledger.followings.into_iter();
    let followings: Vec<_> = followings.map(|((one, other), it)| (one.to_string(), other.to_string(), it)).collect();
    let known = Following { run: Some(at(5)), beside: Some(at(3)), behind: true };
    assert_eq!(followings, [("shop-web-1".to_owned(), "shop-db-1".to_owned(), known)]);

    let one = |place: &str| Undone::In([place.into()].into());
    for (failures, completions, left) in
        [(false, Undone::nothing(), (1, 1)), (true, one("shop-other-1"), (0, 1)), (false, one("shop-init-1"), (0, 0))]
    {
        let clearing = Change { forget: Forgotten { failures, completions }, ..change("shop") };
        store.commit(clearing).await.unwrap();
        let ledger = store.ledger(&name("shop")).await.unwrap();
        assert_eq!((ledger.attempts.len(), ledger.completions.len()), left);
    }
    store.record(&name("shop"), &updates).await.unwrap();
    let forget = Forgotten { failures: false, completions: Undone::All };
    store.commit(Change { forget, ..change("shop") }).await.unwrap();
    assert_eq!(store.ledger(&name("shop")).await.unwrap().completions.len(), 0);
    let nobody = store.record(&name("gone"), &updates).await;
    assert!(matches!(nobody, Err(Error::UnknownStack { .. })));
}

#[tokio::test]
async fn hooks_that_failed_are_forgotten_with_the_failures() {
    let (_dir, store) = fresh().await;
    store.commit(define("shop", "a")).await.unwrap();
    let ran =
        |second, failed: Option<&str>| HooksRan { run: at(second), at: at(second + 1), failed: failed.map(Into::into) };
    let record = |container: &str, moment, ran| LedgerUpdate::HooksRan { container: container.into(), moment, ran };
    let updates = [
        record("shop-web-1", HookMoment::PostStart, ran(1, Some("status 1"))),
        record("shop-web-1", HookMoment::PostStart, ran(5, None)),
        record("shop-web-1", HookMoment::PreStop, ran(5, Some("status 2"))),
    ];
    store.record(&name("shop"), &updates).await.unwrap();
    let key = |moment| (evenkeel_model::ContainerName::from("shop-web-1"), moment);
    let kept = (key(HookMoment::PostStart), ran(5, None));
    let failed = (key(HookMoment::PreStop), ran(5, Some("status 2")));
    let hooks = store.ledger(&name("shop")).await.unwrap().hooks;
    assert_eq!(hooks.into_iter().collect::<Vec<_>>(), [kept.clone(), failed]);
    store
        .commit(Change { forget: Forgotten { failures: true, ..Forgotten::default() }, ..change("shop") })
        .await
        .unwrap();
    assert_eq!(store.ledger(&name("shop")).await.unwrap().hooks.into_iter().collect::<Vec<_>>(), [kept]);
}

#[tokio::test]
async fn forgetting_a_stack_keeps_its_history_and_operations() {
    let (_dir, store) = fresh().await;
    let whole = Change { operation: Some(operation("shop", "op-1")), history: vec![entry("x")], ..define("shop", "a") };
    store.commit(whole).await.unwrap();
    assert!(store.forget(&name("shop")).await.unwrap());
    assert!(!store.forget(&name("shop")).await.unwrap());
    assert!(store.stack(&name("shop")).await.unwrap().is_none());
    assert!(store.revisions(&name("shop")).await.unwrap().is_empty());
    assert_eq!(store.operations(Some(&name("shop")), 10).await.unwrap().len(), 1);
    let filter =
        HistoryFilter { stack: Some(name("shop")), limit: 10, order: Order::OldestFirst, ..HistoryFilter::default() };
    assert_eq!(store.history(&filter).await.unwrap().len(), 1);
}
