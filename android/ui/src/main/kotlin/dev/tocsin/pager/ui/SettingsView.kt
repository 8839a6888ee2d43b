package dev.tocsin.pager.ui

import androidx.compose.foundation.layout.Arrangement
import androidx.compose.foundation.layout.Column
import androidx.compose.foundation.layout.fillMaxSize
import androidx.compose.foundation.layout.fillMaxWidth
import androidx.compose.foundation.layout.heightIn
import androidx.compose.foundation.layout.padding
import androidx.compose.foundation.rememberScrollState
import androidx.compose.foundation.selection.selectableGroup
import androidx.compose.foundation.verticalScroll
import androidx.compose.material3.ButtonDefaults
import androidx.compose.material3.MaterialTheme
import androidx.compose.material3.OutlinedButton
import androidx.compose.material3.Slider
import androidx.compose.material3.Text
import androidx.compose.runtime.Composable
import androidx.compose.runtime.getValue
import androidx.compose.runtime.mutableStateOf
import androidx.compose.runtime.saveable.rememberSaveable
import androidx.compose.runtime.setValue
import androidx.compose.ui.Modifier
import androidx.compose.ui.platform.testTag
import androidx.compose.ui.res.stringResource
import androidx.compose.ui.semantics.contentDescription
import androidx.compose.ui.semantics.semantics
import androidx.compose.ui.semantics.stateDescription
import androidx.compose.ui.unit.dp
import kotlin.math.roundToInt

/** The quietest siren that a person may choose, in percent of full volume, and the loudest. */
private const val QUIETEST = 50
private const val LOUDEST = 100

/** When the app keeps a connection of its own to the server. */
enum class LiveChoice {
    /** While nothing else brings pages to this phone. */
    WHEN_NEEDED,

    /** Always: a second way for every page, for some battery. */
    ALWAYS,
}

/** What a person can choose. */
data class Options(
    val live: LiveChoice,
    /** The siren is at least so loud, in percent of full volume, 50 to 100. */
    val volumeFloor: Int,
    val vibrate: Boolean,
    val torch: Boolean,
    /** How loud the person's teams want it at least, in percent of full volume, if they say. */
    val askedFloor: Int? = null,
)

/** Who this device pages, and by which server. */
data class Owner(
    val name: String,
    val server: String,
)

/** The few things that there are to choose. [more] stands with the ways by which pages come. */
@Composable
fun SettingsView(
    owner: Owner,
    options: Options,
    onIntent: (Intent) -> Unit,
    more: @Composable () -> Unit = {},
) = Column(
    verticalArrangement = Arrangement.spacedBy(12.dp),
    modifier = Modifier.fillMaxSize().verticalScroll(rememberScrollState()).padding(16.dp),
) {
    Card {
        Fact(stringResource(R.string.this_phone_pages), owner.name)
        Fact(stringResource(R.string.server), owner.server)
    }
    Heading(stringResource(R.string.siren))
    Volume(options.volumeFloor, options.askedFloor, onIntent)
    ToggleRow(stringResource(R.string.vibrate), options.vibrate) { onIntent(Intent.SetVibrate(it)) }
    ToggleRow(stringResource(R.string.torch), options.torch) { onIntent(Intent.SetTorch(it)) }
    Heading(stringResource(R.string.live))
    Column(Modifier.selectableGroup()) {
        Live(
            R.string.live_when_needed,
            R.string.live_when_needed_more,
            LiveChoice.WHEN_NEEDED,
            options,
            onIntent,
        )
        Live(R.string.live_always, R.string.live_always_more, LiveChoice.ALWAYS, options, onIntent)
    }
    more()
    more()
    Heading(stringResource(R.string.this_app))
    Plain(R.string.language) { onIntent(Intent.OpenLanguage) }
    Plain(R.string.give_log) { onIntent(Intent.ShareLog) }
    Quiet(stringResource(R.string.give_log_more))
    Forget(onIntent)
}

@Composable
private fun Volume(
    floor: Int,
    asked: Int?,
    onIntent: (Intent) -> Unit,
) {
    val name = stringResource(R.string.volume_floor)
    val value = stringResource(R.string.percent, floor)
    Column {
        Text("$name: $value", style = MaterialTheme.typography.bodyLarge)
        Slider(
            value = floor.toFloat(),
            onValueChange = {
                val percent = it.roundToInt()
                if (percent != floor) onIntent(Intent.SetVolumeFloor(percent))
            },
            valueRange = QUIETEST.toFloat()..LOUDEST.toFloat(),
            steps = (LOUDEST - QUIETEST) / 10 - 1,
            modifier =
                Modifier.semantics {
                    contentDescription = name
                    stateDescription = value
                },
        )
        Quiet(stringResource(R.string.volume_floor_more))
        asked?.let {
            Quiet(stringResource(R.string.volume_floor_asked, stringResource(R.string.percent, it)))
        }
    }
}

@Composable
private fun Live(
    text: Int,
    more: Int,
    choice: LiveChoice,
    options: Options,
    onIntent: (Intent) -> Unit,
) = ChoiceRow(options.live == choice, { onIntent(Intent.SetLive(choice)) }) {
    Column {
        Text(stringResource(text), style = MaterialTheme.typography.bodyLarge)
        Quiet(stringResource(more))
    }
}

@Composable
private fun Plain(
    text: Int,
    onClick: () -> Unit,
) = OutlinedButton(onClick = onClick, modifier = Modifier.fillMaxWidth().heightIn(min = Touch)) {
    Text(stringResource(text))
}

@Composable
private fun Forget(onIntent: (Intent) -> Unit) {
    var asked by rememberSaveable { mutableStateOf(false) }
    OutlinedButton(
        onClick = { asked = true },
        colors = ButtonDefaults.outlinedButtonColors(contentColor = MaterialTheme.colorScheme.error),
        modifier = Modifier.fillMaxWidth().heightIn(min = Touch).testTag(Tags.FORGET),
    ) { Text(stringResource(R.string.forget)) }
    if (asked) {
        val give = {
            asked = false
            onIntent(Intent.Forget)
        }
        Confirm(R.string.forget_ask, R.string.forget, give) { asked = false }
    }
}
