package dev.tocsin.pager.ui

import androidx.compose.foundation.layout.Arrangement
import androidx.compose.foundation.layout.Box
import androidx.compose.foundation.layout.Column
import androidx.compose.foundation.layout.aspectRatio
import androidx.compose.foundation.layout.fillMaxSize
import androidx.compose.foundation.layout.fillMaxWidth
import androidx.compose.foundation.layout.heightIn
import androidx.compose.foundation.layout.padding
import androidx.compose.foundation.layout.safeDrawingPadding
import androidx.compose.foundation.layout.size
import androidx.compose.foundation.rememberScrollState
import androidx.compose.foundation.text.KeyboardOptions
import androidx.compose.foundation.verticalScroll
import androidx.compose.material3.Button
import androidx.compose.material3.Icon
import androidx.compose.material3.LinearProgressIndicator
import androidx.compose.material3.MaterialTheme
import androidx.compose.material3.OutlinedButton
import androidx.compose.material3.OutlinedTextField
import androidx.compose.material3.Surface
import androidx.compose.material3.Text
import androidx.compose.material3.TextButton
import androidx.compose.runtime.Composable
import androidx.compose.runtime.getValue
import androidx.compose.runtime.mutableStateOf
import androidx.compose.runtime.saveable.rememberSaveable
import androidx.compose.runtime.setValue
import androidx.compose.ui.Modifier
import androidx.compose.ui.draw.clip
import androidx.compose.ui.platform.testTag
import androidx.compose.ui.res.painterResource
import androidx.compose.ui.res.stringResource
import androidx.compose.ui.semantics.heading
import androidx.compose.ui.semantics.semantics
import androidx.compose.ui.text.input.ImeAction
import androidx.compose.ui.text.input.KeyboardCapitalization
import androidx.compose.ui.text.input.KeyboardType
import androidx.compose.ui.unit.dp

/** How far the enrolment of this device is. */
sealed interface EnrolState {
    /** Nothing has begun. */
    data object Idle : EnrolState

    /** The camera looks for a code. */
    data object Scanning : EnrolState

    /** Address and code are being typed. */
    data object Typing : EnrolState

    /** The address [server] is not encrypted; the person must say that this is meant. */
    data class ConfirmingPlainHttp(
        val server: String,
    ) : EnrolState

    /** The server is being asked. */
    data object Working : EnrolState

    /** It did not work; [text] says why and what to do. */
    data class Failed(
        val text: String,
    ) : EnrolState
}

/** How a phone becomes a pager. [camera] shows what the camera sees, while it looks for a code. */
@Composable
fun EnrolView(
    state: EnrolState,
    onIntent: (Intent) -> Unit,
    camera: @Composable () -> Unit = {},
) = Surface(Modifier.fillMaxSize()) {
    Column(
        verticalArrangement = Arrangement.spacedBy(16.dp),
        modifier = Modifier.verticalScroll(rememberScrollState()).safeDrawingPadding().padding(24.dp),
    ) {
        Icon(
            painterResource(R.drawable.ui_bell),
            contentDescription = null,
            tint = MaterialTheme.colorScheme.primary,
            modifier = Modifier.size(56.dp),
        )
        Text(
            stringResource(R.string.enrol_title),
            style = MaterialTheme.typography.headlineMedium,
            modifier = Modifier.semantics { heading() },
        )
        when (state) {
            EnrolState.Idle -> {
                Start(onIntent)
            }

            EnrolState.Scanning -> {
                Scanning(onIntent, camera)
            }

            EnrolState.Typing -> {
                Typing(onIntent)
            }

            is EnrolState.ConfirmingPlainHttp -> {
                PlainHttp(state.server, onIntent)
            }

            EnrolState.Working -> {
                Working()
            }

            is EnrolState.Failed -> {
                Banner(state.text, R.drawable.ui_warning, Weightiness.WRONG)
                Start(onIntent)
            }
        }
    }
}

@Composable
private fun Start(onIntent: (Intent) -> Unit) {
    Text(stringResource(R.string.enrol_how), style = MaterialTheme.typography.bodyLarge)
    Large(R.string.scan, Tags.SCAN) { onIntent(Intent.Scan) }
    OutlinedButton(
        onClick = { onIntent(Intent.TypeCode) },
        modifier = Modifier.fillMaxWidth().heightIn(min = 56.dp),
    ) { Text(stringResource(R.string.type_code)) }
}

@Composable
private fun Scanning(
    onIntent: (Intent) -> Unit,
    camera: @Composable () -> Unit,
) {
    Text(stringResource(R.string.scan_how), style = MaterialTheme.typography.bodyLarge)
    Box(
        Modifier.fillMaxWidth().aspectRatio(1f).clip(MaterialTheme.shapes.extraLarge),
    ) { camera() }
    OutlinedButton(
        onClick = { onIntent(Intent.TypeCode) },
        modifier = Modifier.fillMaxWidth().heightIn(min = 56.dp),
    ) { Text(stringResource(R.string.type_code)) }
    Cancel(onIntent)
}

@Composable
private fun Typing(onIntent: (Intent) -> Unit) {
    var server by rememberSaveable { mutableStateOf("") }
    var code by rememberSaveable { mutableStateOf("") }
    Text(stringResource(R.string.type_how), style = MaterialTheme.typography.bodyLarge)
    OutlinedTextField(
        value = server,
        onValueChange = { server = it },
        label = { Text(stringResource(R.string.server)) },
        placeholder = { Text("pager.example.org") },
        singleLine = true,
        keyboardOptions =
            KeyboardOptions(
                autoCorrectEnabled = false,
                keyboardType = KeyboardType.Uri,
                imeAction = ImeAction.Next,
            ),
        modifier = Modifier.fillMaxWidth().testTag(Tags.SERVER),
    )
    OutlinedTextField(
        value = code,
        onValueChange = { code = it },
        label = { Text(stringResource(R.string.code)) },
        placeholder = { Text("7KQ2M-9XWTA") },
        singleLine = true,
        keyboardOptions =
            KeyboardOptions(
                capitalization = KeyboardCapitalization.Characters,
                autoCorrectEnabled = false,
                keyboardType = KeyboardType.Ascii,
                imeAction = ImeAction.Done,
            ),
        modifier = Modifier.fillMaxWidth().testTag(Tags.CODE),
    )
    Large(R.string.enrol, Tags.ENROLL) { onIntent(Intent.Enroll(server, code)) }
    Cancel(onIntent)
}

@Composable
private fun PlainHttp(
    server: String,
    onIntent: (Intent) -> Unit,
) {
    Banner(stringResource(R.string.plain_http, server), R.drawable.ui_warning, Weightiness.WARNED)
    Text(stringResource(R.string.plain_http_ask), style = MaterialTheme.typography.bodyLarge)
    Large(R.string.plain_http_confirm, Tags.CONFIRM) { onIntent(Intent.AllowPlainHttp) }
    Cancel(onIntent)
}

@Composable
private fun Working() {
    Text(stringResource(R.string.enrolling), style = MaterialTheme.typography.bodyLarge)
    LinearProgressIndicator(Modifier.fillMaxWidth())
}

@Composable
private fun Large(
    text: Int,
    tag: String,
    onClick: () -> Unit,
) = Button(onClick = onClick, modifier = Modifier.fillMaxWidth().heightIn(min = 64.dp).testTag(tag)) {
    Text(stringResource(text), style = MaterialTheme.typography.titleMedium)
}

@Composable
private fun Cancel(onIntent: (Intent) -> Unit) =
    TextButton(
        onClick = { onIntent(Intent.Back) },
        modifier = Modifier.fillMaxWidth().heightIn(min = 56.dp).testTag(Tags.CANCEL),
    ) { Text(stringResource(R.string.cancel)) }
