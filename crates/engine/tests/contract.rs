//! What every engine must do: one list of cases, run against Docker and against the simulated engine.
#![allow(clippy::expect_used, clippy::panic)]

#[path = "contract/attaching.rs"]
mod attaching;
#[path = "contract/commands.rs"]
mod commands;
#[path = "contract/containers.rs"]
mod containers;
#[path = "contract/ends.rs"]
mod ends;
#[path = "contract/files.rs"]
mod files;
#[path = "contract/health.rs"]
mod health;
#[path = "contract/networks.rs"]
mod networks;
#[path = "contract/reach.rs"]
mod reach;
#[path = "contract/stage.rs"]
mod stage;
#[path = "contract/succession.rs"]
mod succession;
#[path = "contract/surroundings.rs"]
mod surroundings;
#[path = "contract/volumes.rs"]
mod volumes;

use evenkeel_engine::sim::{Sim, SimOptions};
use evenkeel_engine::{Engine, docker};
use evenkeel_model::ImageRef;
use futures::FutureExt;
use futures::future::BoxFuture;
use stage::Stage;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

/// One case: acts on its own stack and asserts.
type CaseFn = for<'a> fn(&'a Stage) -> BoxFuture<'a, ()>;

macro_rules! cases {
    ($($module:ident :: $case:ident),* $(,)?) => {
        [$((stringify!($case), (|stage| $module::$case(stage).boxed()) as CaseFn)),*]
    };
}

/// All cases, by name.
const CASES: &[(&str, CaseFn)] = &cases![
    surroundings::it_names_itself,
    surroundings::an_unknown_stack_is_empty,
    surroundings::an_unchanged_stack_costs_no_call,
    surroundings::a_survey_names_ports_and_subnets,
    surroundings::only_images_that_are_present_are_observed,
    networks::a_network_comes_and_goes,
    networks::a_network_of_another_stack_is_a_conflict,
    networks::a_network_with_ended_containers_can_go,
    networks::a_network_in_use_stays,
    networks::a_container_joins_all_its_networks,
    networks::a_lost_network_is_connected_again,
    networks::a_lacking_alias_is_given_to_the_run_as_it_is,
    reach::a_server_is_reached_by_its_alias,
    reach::a_container_that_does_not_run_reaches_nothing,
    volumes::a_volume_comes_and_goes,
    volumes::a_volume_of_another_stack_is_a_conflict,
    volumes::a_volume_in_use_stays,
    containers::a_container_comes_and_goes,
    containers::creating_the_same_again_is_a_success,
    containers::a_name_of_another_stack_is_a_conflict,
    containers::another_specification_is_a_conflict,
    containers::a_missing_image_is_named,
    containers::what_is_missing_cannot_be_started,
    containers::what_is_gone_is_stopped_and_removed,
    containers::it_pauses_and_goes_on,
    containers::changes_are_hinted,
    succession::a_container_gets_another_name,
    succession::what_is_gone_cannot_be_renamed,
    succession::an_heir_takes_anonymous_volumes_over,
    succession::hooks_run_inside_and_tell_how_they_failed,
    succession::what_has_ended_needs_no_hook_before_its_stop,
    commands::a_command_is_heard_and_its_exit_code_told,
    commands::a_command_wants_a_container_that_runs,
    attaching::what_it_says_is_heard_from_the_first_word,
    attaching::it_goes_when_it_has_ended,
    attaching::it_reads_what_it_is_given,
    attaching::it_hears_signals,
    attaching::what_runs_is_attached_to,
    files::files_go_in_and_come_out,
    ends::by_itself,
    ends::stopped,
    ends::stopped_slowly,
    ends::out_of_memory,
    ends::killed,
    ends::a_reload_is_no_end,
    ends::removed_while_it_runs,
    ends::restarted_by_its_policy,
    health::without_a_healthcheck,
    health::its_native_check_passes,
    health::its_native_check_fails,
    health::one_that_was_frozen_is_not_ill,
    health::an_early_probe_passes,
    health::an_early_probe_fails,
    health::an_early_probe_belongs_to_its_run,
];

/// Runs all cases at once, each on its own stack, and tells which failed.
async fn run(engine: Arc<dyn Engine>, image: ImageRef) {
    let runs = CASES.iter().map(|(name, case)| {
        let stage = Stage::new(Arc::clone(&engine), image.clone(), name);
        async move {
            let began = std::time::Instant::now();
            let result = AssertUnwindSafe(case(&stage)).catch_unwind().await;
            stage.clear().await;
            // Shown where the test fails or is run with `--nocapture`.
            println!("{name}: {} ms", began.elapsed().as_millis());
            result.is_err().then_some(*name)
        }
    });
    let failed: Vec<&str> = futures::future::join_all(runs).await.into_iter().flatten().collect();
    assert!(failed.is_empty(), "{} of {} cases failed: {}", failed.len(), CASES.len(), failed.join(", "));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn docker_passes_the_contract() {
    let host = std::env::var("DOCKER_HOST").ok();
    let engine =
        docker::Docker::connect(host.as_deref(), docker::Bounds::default()).expect("an address that can be used");
    if let Err(error) = engine.capabilities().await {
        panic!("{error}. This test needs a Docker engine and the image {}: run `make test`", stage::IMAGE);
    }
    run(Arc::new(engine), ImageRef::from(stage::IMAGE)).await;
}

/// On a paused clock, which jumps from one event to the next: nobody waits.
#[tokio::test(start_paused = true)]
async fn sim_passes_the_contract() {
    for api in [(1, 41), (1, 44)] {
        let engine = Sim::new(SimOptions { api, ..SimOptions::default() });
        let image = ImageRef::from(stage::IMAGE);
        engine.outside().add_image(&image);
        run(Arc::new(engine), image).await;
    }
}
