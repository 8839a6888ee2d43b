package dev.tocsin.pager.ui

import androidx.annotation.DrawableRes
import androidx.compose.foundation.background
import androidx.compose.foundation.clickable
import androidx.compose.foundation.layout.Arrangement
import androidx.compose.foundation.layout.Box
import androidx.compose.foundation.layout.Column
import androidx.compose.foundation.layout.ColumnScope
import androidx.compose.foundation.layout.Row
import androidx.compose.foundation.layout.fillMaxWidth
import androidx.compose.foundation.layout.heightIn
import androidx.compose.foundation.layout.padding
import androidx.compose.foundation.layout.size
import androidx.compose.foundation.shape.CircleShape
import androidx.compose.foundation.shape.RoundedCornerShape
import androidx.compose.material3.Icon
import androidx.compose.material3.IconButton
import androidx.compose.material3.MaterialTheme
import androidx.compose.material3.Surface
import androidx.compose.material3.Text
import androidx.compose.runtime.Composable
import androidx.compose.ui.Alignment
import androidx.compose.ui.Modifier
import androidx.compose.ui.draw.clip
import androidx.compose.ui.platform.LocalDensity
import androidx.compose.ui.res.painterResource
import androidx.compose.ui.res.stringResource
import androidx.compose.ui.semantics.Role
import androidx.compose.ui.semantics.clearAndSetSemantics
import androidx.compose.ui.semantics.contentDescription
import androidx.compose.ui.semantics.heading
import androidx.compose.ui.semantics.semantics
import androidx.compose.ui.text.font.FontWeight
import androidx.compose.ui.unit.dp
import dev.tocsin.core.Light
import dev.tocsin.core.Severity

/** What a tap on a list's row needs at least. */
internal val Touch = 48.dp

/** With larger type than this, two buttons do not fit beside each other. */
private const val LARGE_TYPE = 1.3f

/** How many buttons fit beside each other. */
@Composable
internal fun buttonsInARow() = if (LocalDensity.current.fontScale > LARGE_TYPE) 1 else 2

/** A severity as a coloured word. */
@Composable
internal fun SeverityBadge(
    severity: Severity?,
    text: String,
    modifier: Modifier = Modifier,
) {
    val tone = severity.colors()
    Text(
        text = text,
        color = tone.text,
        style = MaterialTheme.typography.labelLarge,
        fontWeight = FontWeight.Bold,
        maxLines = 1,
        modifier =
            modifier
                .clip(RoundedCornerShape(8.dp))
                .background(tone.surface)
                .padding(horizontal = 10.dp, vertical = 4.dp),
    )
}

/** A headline that TalkBack can jump to. */
@Composable
internal fun Heading(
    text: String,
    modifier: Modifier = Modifier,
) = Text(
    text = text,
    style = MaterialTheme.typography.titleMedium,
    color = MaterialTheme.colorScheme.primary,
    modifier = modifier.padding(top = 8.dp).semantics { heading() },
)

/** A box with something that belongs together; a tap on it does [onClick], if given. */
@Composable
internal fun Card(
    modifier: Modifier = Modifier,
    onClick: (() -> Unit)? = null,
    content: @Composable ColumnScope.() -> Unit,
) {
    val tap = if (onClick == null) Modifier else Modifier.clickable(role = Role.Button, onClick = onClick)
    Surface(
        color = MaterialTheme.colorScheme.surfaceContainer,
        shape = MaterialTheme.shapes.large,
        modifier = modifier.fillMaxWidth(),
    ) {
        Column(
            verticalArrangement = Arrangement.spacedBy(6.dp),
            modifier = tap.heightIn(min = Touch).padding(16.dp),
            content = content,
        )
    }
}

/** How much a [Banner] matters. */
internal enum class Weightiness { SAID, WARNED, WRONG }

/** One line that must not be overlooked. */
@Composable
internal fun Banner(
    text: String,
    @DrawableRes icon: Int,
    weight: Weightiness,
    modifier: Modifier = Modifier,
) {
    val colors = MaterialTheme.colorScheme
    val (surface, ink) =
        when (weight) {
            Weightiness.SAID -> colors.secondaryContainer to colors.onSecondaryContainer
            Weightiness.WARNED -> colors.tertiaryContainer to colors.onTertiaryContainer
            Weightiness.WRONG -> colors.errorContainer to colors.onErrorContainer
        }
    Row(
        horizontalArrangement = Arrangement.spacedBy(12.dp),
        verticalAlignment = Alignment.CenterVertically,
        modifier =
            modifier
                .fillMaxWidth()
                .clip(MaterialTheme.shapes.large)
                .background(surface)
                .padding(horizontal = 16.dp, vertical = 12.dp)
                .semantics(mergeDescendants = true) {},
    ) {
        Icon(painterResource(icon), contentDescription = null, tint = ink)
        Text(text, color = ink, style = MaterialTheme.typography.bodyLarge)
    }
}

/** A name and what it is, below each other. */
@Composable
internal fun Fact(
    name: String,
    value: String,
    modifier: Modifier = Modifier,
) = Column(modifier.fillMaxWidth().semantics(mergeDescendants = true) {}) {
    Quiet(name)
    Text(value, style = MaterialTheme.typography.bodyLarge)
}

/** Text that explains. */
@Composable
internal fun Quiet(
    text: String,
    modifier: Modifier = Modifier,
) = Text(
    text = text,
    style = MaterialTheme.typography.bodyMedium,
    color = MaterialTheme.colorScheme.onSurfaceVariant,
    modifier = modifier,
)

/** A light as a coloured dot with its meaning for those who do not see colours. */
@Composable
internal fun Dot(
    light: Light,
    modifier: Modifier = Modifier,
) {
    val meaning = stringResource(light.short)
    Box(
        modifier
            .size(12.dp)
            .background(light.color, CircleShape)
            .clearAndSetSemantics { contentDescription = meaning },
    )
}

/** The first line of a screen that is not a tab: the way back and what this is. */
@Composable
internal fun Bar(
    title: String,
    onBack: () -> Unit,
) = Row(
    verticalAlignment = Alignment.CenterVertically,
    modifier = Modifier.fillMaxWidth().heightIn(min = 56.dp).padding(horizontal = 4.dp),
) {
    IconButton(onClick = onBack) {
        Icon(painterResource(R.drawable.ui_back), stringResource(R.string.back))
    }
    Text(
        text = title,
        style = MaterialTheme.typography.titleLarge,
        modifier = Modifier.padding(start = 4.dp).semantics { heading() },
    )
}
