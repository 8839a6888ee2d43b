package dev.tocsin.pager.ui

import androidx.compose.foundation.layout.Arrangement
import androidx.compose.foundation.layout.Row
import androidx.compose.foundation.layout.fillMaxWidth
import androidx.compose.foundation.layout.heightIn
import androidx.compose.foundation.layout.padding
import androidx.compose.foundation.selection.selectable
import androidx.compose.foundation.selection.toggleable
import androidx.compose.material3.MaterialTheme
import androidx.compose.material3.RadioButton
import androidx.compose.material3.Switch
import androidx.compose.material3.Text
import androidx.compose.runtime.Composable
import androidx.compose.ui.Alignment
import androidx.compose.ui.Modifier
import androidx.compose.ui.semantics.Role
import androidx.compose.ui.unit.dp

/** Something that is on or off; the whole row is the switch. */
@Composable
fun ToggleRow(
    text: String,
    on: Boolean,
    onChange: (Boolean) -> Unit,
) = Row(
    verticalAlignment = Alignment.CenterVertically,
    horizontalArrangement = Arrangement.spacedBy(12.dp),
    modifier =
        Modifier
            .fillMaxWidth()
            .toggleable(on, role = Role.Switch, onValueChange = onChange)
            .heightIn(min = 56.dp),
) {
    Text(text, style = MaterialTheme.typography.bodyLarge, modifier = Modifier.weight(1f))
    Switch(checked = on, onCheckedChange = null)
}

/** One of several things of which one is chosen, described by [content]; the whole row chooses it. */
@Composable
fun ChoiceRow(
    chosen: Boolean,
    onChoose: () -> Unit,
    content: @Composable () -> Unit,
) = Row(
    verticalAlignment = Alignment.CenterVertically,
    horizontalArrangement = Arrangement.spacedBy(12.dp),
    modifier =
        Modifier
            .fillMaxWidth()
            .selectable(chosen, role = Role.RadioButton, onClick = onChoose)
            .heightIn(min = 56.dp)
            .padding(vertical = 8.dp),
) {
    RadioButton(selected = chosen, onClick = null)
    content()
}
