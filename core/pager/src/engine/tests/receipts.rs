use super::*;

fn rungs(night: &Night) -> Vec<(PageId, Rung)> {
    let batches = night.batches.iter();
    batches
        .flat_map(|batch| batch.receipts.iter().map(|r| (r.page, r.rung)))
        .collect()
}

fn delivered(night: &mut Night) {
    let id = night.batches.last().unwrap().id.clone();
    let result = Ok(());
    night.step(Input::ReceiptsAnswered { id, result });
}

#[test]
fn a_page_climbs_the_ladder_and_each_rung_is_reported_once() {
    let mut night = Night::live();
    let (mut world, update) = World::alarm(1, START);
    night.update(&update);
    delivered(&mut night);
    night.step(push(&update));
    night.sounding(Some(0.8));
    delivered(&mut night);
    night.sounding(Some(0.8));
    let ticket = world.id();
    night.step(Input::Seen { ticket });
    delivered(&mut night);
    night.step(Input::Seen { ticket });
    let id = night.tap(ticket, Action::CheckIn);
    assert_eq!(
        rungs(&night).len(),
        3,
        "a check-in counts when the server has it"
    );
    world.check_in("ana", START);
    night.answer(&id, Outcome::Accepted, Some(world.view()));
    delivered(&mut night);
    assert_eq!(
        rungs(&night),
        [
            (page(1, 1), Rung::Received),
            (page(1, 1), Rung::Sounding),
            (page(1, 1), Rung::Seen),
            (page(1, 1), Rung::CheckedIn),
        ]
    );
    assert_eq!(night.batches[1].receipts[0].effective_volume, Some(0.8));
    assert_eq!(night.store.load().unwrap().receipts, []);
}

#[test]
fn nothing_is_said_to_sound_before_the_output_says_so() {
    let mut night = Night::live();
    let (_, update) = World::alarm(1, START);
    night.update(&update);
    delivered(&mut night);
    let reason = "no device".to_owned();
    night.step(Input::Siren(SirenEvent::Failed { reason }));
    night.sleep(secs(30));
    assert_eq!(rungs(&night), [(page(1, 1), Rung::Received)]);
}

#[test]
fn a_page_that_joins_a_sounding_siren_sounds() {
    let mut night = Night::live();
    night.update(&World::alarm(1, START).1);
    night.sounding(Some(0.5));
    delivered(&mut night);
    delivered(&mut night);
    night.update(&World::alarm(2, START).1);
    assert!(rungs(&night).contains(&(page(2, 1), Rung::Sounding)));
}

#[test]
fn receipts_made_while_a_batch_is_on_its_way_go_in_the_next_one() {
    let mut night = Night::live();
    let (_, update) = World::alarm(1, START);
    night.update(&update);
    night.sounding(None);
    assert_eq!(night.batches.len(), 1);
    delivered(&mut night);
    assert_eq!(night.batches.len(), 2);
    assert_ne!(night.batches[0].id, night.batches[1].id);
}

#[test]
fn a_batch_that_may_have_arrived_is_sent_again_after_a_crash_under_the_same_id() {
    let mut night = Night::live();
    let (_, update) = World::alarm(1, START);
    night.update(&update);
    night.sounding(None);
    let before = night.batches[0].clone();
    night.crash();
    assert_eq!(night.batches, [before]);
    delivered(&mut night);
    assert_eq!(
        rungs(&night).len(),
        2,
        "what came later follows in a batch of its own"
    );
    night.crash();
    delivered(&mut night);
    night.crash();
    assert_eq!(
        night.batches,
        [],
        "and nothing is sent twice that was answered"
    );
    night.step(push(&update));
    assert_eq!(night.batches, [], "nor reported twice");
}

#[test]
fn receipts_are_tried_again_until_the_server_has_them() {
    let mut night = Night::live();
    let (_, update) = World::alarm(1, START);
    night.update(&update);
    for _ in 0..5 {
        let id = night.batches.last().unwrap().id.clone();
        let result = Err(offline());
        let sent = night.batches.len();
        night.step(Input::ReceiptsAnswered { id, result });
        night.sleep(secs(30));
        assert_eq!(night.batches.len(), sent + 1);
    }
    assert!(night.batches.windows(2).all(|pair| pair[0] == pair[1]));
}

#[test]
fn pages_that_are_over_are_not_remembered_for_ever() {
    let mut night = Night::live();
    for id in 1..50 {
        let (mut world, update) = World::alarm(id, night.now);
        night.update(&update);
        night.update(&world.check_in("ben", night.now));
        delivered(&mut night);
    }
    assert!(night.store.load().unwrap().reached.len() <= 1);
}
