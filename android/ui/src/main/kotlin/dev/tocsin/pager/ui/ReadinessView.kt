package dev.tocsin.pager.ui

import androidx.compose.foundation.layout.Arrangement
import androidx.compose.foundation.layout.Column
import androidx.compose.foundation.layout.FlowRow
import androidx.compose.foundation.layout.Row
import androidx.compose.foundation.layout.fillMaxSize
import androidx.compose.foundation.layout.heightIn
import androidx.compose.foundation.layout.padding
import androidx.compose.foundation.layout.size
import androidx.compose.foundation.rememberScrollState
import androidx.compose.foundation.verticalScroll
import androidx.compose.material3.Button
import androidx.compose.material3.FilledTonalButton
import androidx.compose.material3.Icon
import androidx.compose.material3.MaterialTheme
import androidx.compose.material3.OutlinedButton
import androidx.compose.material3.Text
import androidx.compose.runtime.Composable
import androidx.compose.ui.Alignment
import androidx.compose.ui.Modifier
import androidx.compose.ui.platform.testTag
import androidx.compose.ui.res.painterResource
import androidx.compose.ui.res.stringResource
import androidx.compose.ui.semantics.heading
import androidx.compose.ui.semantics.semantics
import androidx.compose.ui.unit.dp
import dev.tocsin.core.Code
import dev.tocsin.core.DrillResult
import dev.tocsin.core.FindingCard
import dev.tocsin.core.Light
import dev.tocsin.core.ReadinessScreen

/** How a drill that this person ordered is getting on. */
sealed interface DrillState {
    /** None is under way. */
    data object Idle : DrillState

    /** The server is being asked, or the drill is on its way. */
    data object Ordered : DrillState

    /** The server could not be asked; [text] says why. */
    data class Failed(
        val text: String,
    ) : DrillState
}

/**
 * Whether this phone would wake its person, and what to do if not. [fixable] are the findings that have a
 * setting on this phone; [makerHint] says what this phone's maker has that puts apps to sleep. [now] is the
 * device's clock.
 */
@Composable
fun ReadinessView(
    readiness: ReadinessScreen,
    drill: DrillState,
    fixable: Set<Code>,
    makerHint: String?,
    now: Long,
    onIntent: (Intent) -> Unit,
) = Column(
    verticalArrangement = Arrangement.spacedBy(12.dp),
    modifier = Modifier.fillMaxSize().verticalScroll(rememberScrollState()).padding(16.dp),
) {
    LightAnswer(readiness.light)
    readiness.findings.forEach { Finding(it, it.code in fixable, onIntent) }
    makerHint?.let { MakerHint(it, onIntent) }
    DrillCard(readiness.lastDrill, drill, now, onIntent)
}

/** The answer to "would this phone wake me?". */
@Composable
internal fun LightAnswer(light: Light) =
    Row(
        horizontalArrangement = Arrangement.spacedBy(16.dp),
        verticalAlignment = Alignment.CenterVertically,
        modifier = Modifier.padding(vertical = 12.dp).semantics(mergeDescendants = true) { heading() },
    ) {
        val icon = if (light == Light.GREEN) R.drawable.ui_done else R.drawable.ui_warning
        Icon(
            painterResource(icon),
            contentDescription = null,
            tint = light.color,
            modifier = Modifier.size(48.dp),
        )
        Text(stringResource(light.answer), style = MaterialTheme.typography.headlineSmall)
    }

@Composable
private fun Finding(
    finding: FindingCard,
    fixable: Boolean,
    onIntent: (Intent) -> Unit,
) = Card {
    Row(
        horizontalArrangement = Arrangement.spacedBy(12.dp),
        verticalAlignment = Alignment.CenterVertically,
        modifier = Modifier.semantics(mergeDescendants = true) {},
    ) {
        Dot(finding.light)
        Text(finding.what, style = MaterialTheme.typography.titleMedium)
    }
    Text(finding.next, style = MaterialTheme.typography.bodyLarge)
    if (fixable) {
        Button(
            onClick = { onIntent(Intent.Fix(finding.code)) },
            modifier = Modifier.heightIn(min = Touch).testTag(Tags.fix(finding.code)),
        ) { Text(stringResource(R.string.fix)) }
    }
}

@Composable
private fun MakerHint(
    hint: String,
    onIntent: (Intent) -> Unit,
) = Card {
    Text(hint, style = MaterialTheme.typography.bodyLarge)
    OutlinedButton(
        onClick = { onIntent(Intent.FixMaker) },
        modifier = Modifier.heightIn(min = Touch),
    ) { Text(stringResource(R.string.open_maker_setting)) }
}

@Composable
private fun DrillCard(
    last: DrillResult?,
    drill: DrillState,
    now: Long,
    onIntent: (Intent) -> Unit,
) {
    Heading(stringResource(R.string.drill))
    Card {
        Text(lastDrill(last, now), style = MaterialTheme.typography.bodyLarge)
        when (drill) {
            DrillState.Idle -> Quiet(stringResource(R.string.drill_more))
            DrillState.Ordered -> Quiet(stringResource(R.string.drill_ordered))
            is DrillState.Failed -> Banner(drill.text, R.drawable.ui_warning, Weightiness.WARNED)
        }
        FlowRow(
            horizontalArrangement = Arrangement.spacedBy(8.dp),
            verticalArrangement = Arrangement.spacedBy(8.dp),
        ) {
            val idle = drill != DrillState.Ordered
            Button(
                onClick = { onIntent(Intent.OrderDrill(audible = true)) },
                enabled = idle,
                modifier = Modifier.heightIn(min = Touch).testTag(Tags.DRILL_AUDIBLE),
            ) { Text(stringResource(R.string.drill_audible)) }
            FilledTonalButton(
                onClick = { onIntent(Intent.OrderDrill(audible = false)) },
                enabled = idle,
                modifier = Modifier.heightIn(min = Touch).testTag(Tags.DRILL_SILENT),
            ) { Text(stringResource(R.string.drill_silent)) }
        }
    }
}

@Composable
private fun lastDrill(
    last: DrillResult?,
    now: Long,
): String {
    val times = rememberTimes()
    val at = last?.at?.let { times.at(it, now) } ?: return stringResource(R.string.drill_never)
    val took = last.latencyMs?.let { stringResource(R.string.drill_took, it.toLong() / 1000.0) }
    return when (last.passed) {
        true -> listOfNotNull(stringResource(R.string.drill_passed, at), took).joinToString(" ")
        false -> stringResource(R.string.drill_failed, at)
        null -> stringResource(R.string.drill_open, at)
    }
}
