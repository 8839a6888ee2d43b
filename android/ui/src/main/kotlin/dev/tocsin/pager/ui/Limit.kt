package dev.tocsin.pager.ui

import androidx.compose.foundation.layout.Column
import androidx.compose.material3.MaterialTheme
import androidx.compose.material3.Text
import androidx.compose.runtime.Composable
import androidx.compose.ui.Modifier
import androidx.compose.ui.res.stringResource
import androidx.compose.ui.semantics.clearAndSetSemantics
import androidx.compose.ui.semantics.contentDescription
import androidx.compose.ui.semantics.testTag
import androidx.compose.ui.text.TextStyle
import androidx.compose.ui.text.font.FontWeight
import dev.tocsin.core.DeadlineKind
import dev.tocsin.core.Millis

/** A limit that runs: when it is over, what happens then, and to whom. */
internal data class RunningLimit(
    /** By this device's clock. */
    val due: Millis,
    val kind: DeadlineKind?,
    val next: List<String>,
) {
    /** How long is left, in milliseconds; negative when it is over. */
    fun left(now: Millis) = due - now
}

/** What runs until the server's clock says [due], by a device whose clock is [offset] behind it. */
internal fun runningLimit(
    due: Millis?,
    kind: DeadlineKind?,
    next: List<String>,
    offset: Long,
): RunningLimit? = due?.let { RunningLimit(it - offset, kind, next) }

/** What happens when the limit is over. */
@Composable
internal fun RunningLimit.then(): String {
    val who = next.joinToString()
    return when {
        kind == DeadlineKind.NUDGE -> stringResource(R.string.then_nudge)
        who.isEmpty() -> stringResource(R.string.then_anybody)
        else -> stringResource(R.string.then_paged, who)
    }
}

/** The limit as a clock that runs down, large enough to be read without glasses. */
@Composable
internal fun LimitClock(
    limit: RunningLimit,
    now: Millis,
    style: TextStyle = MaterialTheme.typography.displayLarge,
) {
    val times = rememberTimes()
    val left = limit.left(now)
    val over = left <= 0
    val spoken =
        stringResource(if (over) R.string.limit_over_since else R.string.limit_left, times.length(left))
    val then = limit.then()
    Column(
        Modifier.clearAndSetSemantics {
            testTag = Tags.LIMIT
            contentDescription = "$spoken, $then"
        },
    ) {
        Quiet(stringResource(if (over) R.string.limit_over else R.string.limit))
        Text(
            text = times.running(left),
            color = if (over) MaterialTheme.colorScheme.error else MaterialTheme.colorScheme.onSurface,
            style = style.copy(fontFeatureSettings = "tnum", fontWeight = FontWeight.Medium),
            maxLines = 1,
        )
        Text(then, style = MaterialTheme.typography.bodyLarge)
    }
}

/** The limit in one line, for lists. */
@Composable
internal fun LimitLine(
    limit: RunningLimit,
    now: Millis,
    modifier: Modifier = Modifier,
) {
    val times = rememberTimes()
    val left = limit.left(now)
    val over = left <= 0
    val spoken =
        stringResource(if (over) R.string.limit_over_since else R.string.limit_left, times.length(left))
    Text(
        text = stringResource(if (over) R.string.over_by else R.string.left, times.running(left)),
        color = if (over) MaterialTheme.colorScheme.error else MaterialTheme.colorScheme.onSurface,
        style = MaterialTheme.typography.labelLarge.copy(fontFeatureSettings = "tnum"),
        modifier = modifier.clearAndSetSemantics { contentDescription = spoken },
    )
}
