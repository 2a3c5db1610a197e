"""Where moto differs from AWS and it matters here: one module per service, one function per difference.

moto is pinned exactly (pyproject.toml) because these functions replace parts of its inside.
"""

import threading

from local_cloud.backend.corrections import (
    apigateway,
    bucket_policy,
    budgets,
    cloudwatch,
    dynamodb,
    functions,
    logs,
    managed_policies,
    memory,
    message_moves,
    object_bytes,
    partiql,
    queues,
    quotas,
    ranges,
    s3_checksums,
    s3_events,
    s3_objects,
    suspended_versions,
    update_expressions,
    usage_plans,
    version_lists,
)


def apply_corrections(arrivals: threading.Condition) -> None:
    """Install every correction; `arrivals` is notified when a message enters a queue. Safe to repeat."""
    bucket_policy.evaluate_conditions()
    s3_events.describe_events_fully()
    s3_events.refuse_queues_that_do_not_let_s3_send()
    s3_events.announce_one_event_per_multipart_upload()
    s3_events.announce_removals()
    s3_checksums.compute_every_checksum()
    s3_checksums.compare_checksums_of_completed_uploads()
    s3_checksums.tell_how_checksums_were_made()
    suspended_versions.keep_versions_of_suspended_buckets()
    s3_objects.encrypt_every_object()
    s3_objects.keep_what_is_of_the_object()
    s3_objects.give_every_object_an_acl()
    s3_objects.refuse_unknown_uploads()
    s3_objects.refuse_policies_that_are_no_policies()
    queues.wait_without_holding_the_lock(arrivals)
    queues.announce_arrivals(arrivals)
    queues.answer_redrive_policy_without_spaces()
    message_moves.move_messages_from_dead_letter_queues()
    functions.leave_event_delivery_to_the_pollers()
    functions.describe_functions_fully()
    functions.serve_layers_from_the_door()
    cloudwatch.put_alarms_as_cloudwatch_does()
    cloudwatch.tell_metrics_apart_by_all_their_dimensions()
    logs.save_query_definitions()
    managed_policies.know_the_policies_of_aws()
    apigateway.keep_deployed_definition()
    apigateway.accept_mock_integration_without_uri()
    apigateway.forget_logging_role()
    apigateway.begin_domains_without_mappings()
    apigateway.decode_domain_names()
    apigateway.tag_everything_that_has_tags()
    apigateway.refuse_logs_without_a_role()
    usage_plans.refuse_offsets_beyond_the_period()
    budgets.answer_what_terraform_asks()
    quotas.answer_the_concurrency_of_functions()
    dynamodb.roll_back_only_touched_items()
    dynamodb.look_only_at_the_queried_key()
    dynamodb.write_items_as_they_are()
    update_expressions.parse_once()
    update_expressions.ask_once_which_nodes_matter()
    update_expressions.validate_new_items_once()
    partiql.execute_statements_as_dynamodb()
    object_bytes.write_objects_to_files()
    version_lists.copy_only_the_versions_of_a_page()
    ranges.judge_ranges_as_s3()
    memory.forget_instances()
