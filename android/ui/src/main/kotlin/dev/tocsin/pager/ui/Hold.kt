package dev.tocsin.pager.ui

import androidx.compose.animation.core.LinearEasing
import androidx.compose.animation.core.animateFloatAsState
import androidx.compose.animation.core.tween
import androidx.compose.foundation.background
import androidx.compose.foundation.border
import androidx.compose.foundation.gestures.awaitEachGesture
import androidx.compose.foundation.gestures.awaitFirstDown
import androidx.compose.foundation.layout.Box
import androidx.compose.foundation.layout.fillMaxWidth
import androidx.compose.foundation.layout.heightIn
import androidx.compose.foundation.layout.padding
import androidx.compose.foundation.shape.RoundedCornerShape
import androidx.compose.material3.MaterialTheme
import androidx.compose.material3.Text
import androidx.compose.runtime.Composable
import androidx.compose.runtime.getValue
import androidx.compose.runtime.mutableStateOf
import androidx.compose.runtime.remember
import androidx.compose.runtime.rememberUpdatedState
import androidx.compose.runtime.setValue
import androidx.compose.ui.Alignment
import androidx.compose.ui.Modifier
import androidx.compose.ui.draw.clip
import androidx.compose.ui.draw.drawBehind
import androidx.compose.ui.geometry.Offset
import androidx.compose.ui.geometry.Size
import androidx.compose.ui.hapticfeedback.HapticFeedbackType
import androidx.compose.ui.input.pointer.AwaitPointerEventScope
import androidx.compose.ui.input.pointer.PointerId
import androidx.compose.ui.input.pointer.isOutOfBounds
import androidx.compose.ui.input.pointer.pointerInput
import androidx.compose.ui.platform.LocalHapticFeedback
import androidx.compose.ui.platform.LocalLayoutDirection
import androidx.compose.ui.res.stringResource
import androidx.compose.ui.semantics.Role
import androidx.compose.ui.semantics.clearAndSetSemantics
import androidx.compose.ui.semantics.contentDescription
import androidx.compose.ui.semantics.onClick
import androidx.compose.ui.semantics.role
import androidx.compose.ui.semantics.testTag
import androidx.compose.ui.text.style.TextAlign
import androidx.compose.ui.unit.LayoutDirection
import androidx.compose.ui.unit.dp
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.delay
import kotlinx.coroutines.launch

/** How long a finger rests on a button before it counts: longer than a touch by a pocket or in sleep. */
const val HOLD_MILLIS = 800L

private val Shape = RoundedCornerShape(28.dp)

/** How far a half-asleep finger may slip off the button. */
private val Slip = 48.dp

/**
 * A button that counts only when held for [HOLD_MILLIS]; then it gives [intent], once for each touch.
 *
 * Time decides, animation only paints: with animations removed a tap still does nothing. A touch does not
 * outlive what it was meant for: when [intent], or what it is [about], changes under the finger, nothing happens.
 * Whoever cannot hold (TalkBack, Switch Access, Voice Access) activates the button, which the service announces
 * as [action].
 */
@Composable
internal fun HoldButton(
    text: String,
    action: String,
    intent: Intent,
    onIntent: (Intent) -> Unit,
    tag: String,
    tone: Tone,
    modifier: Modifier = Modifier,
    outlined: Boolean = false,
    about: Any = intent,
) {
    val give by rememberUpdatedState(onIntent)
    val haptics = LocalHapticFeedback.current
    val backwards = LocalLayoutDirection.current == LayoutDirection.Rtl
    var pressed by remember(intent, about) { mutableStateOf(false) }
    val painted by animateFloatAsState(
        targetValue = if (pressed) 1f else 0f,
        animationSpec = tween(if (pressed) HOLD_MILLIS.toInt() else 150, easing = LinearEasing),
        label = "hold",
    )
    val ink = if (outlined) MaterialTheme.colorScheme.onSurface else tone.text
    val look = if (outlined) Modifier.border(2.dp, ink, Shape) else Modifier.background(tone.surface)
    Box(
        contentAlignment = Alignment.Center,
        modifier =
            modifier
                .fillMaxWidth()
                .heightIn(min = if (outlined) 64.dp else 96.dp)
                .clip(Shape)
                .then(look)
                .drawBehind {
                    val width = size.width * painted
                    val left = if (backwards) size.width - width else 0f
                    drawRect(ink.copy(alpha = .28f), Offset(left, 0f), Size(width, size.height))
                }.clearAndSetSemantics {
                    testTag = tag
                    role = Role.Button
                    contentDescription = action
                    onClick(action) {
                        give(intent)
                        true
                    }
                }.pointerInput(intent, about) {
                    coroutineScope {
                        awaitEachGesture {
                            val finger = awaitFirstDown().also { it.consume() }.id
                            val hold =
                                launch {
                                    delay(HOLD_MILLIS)
                                    haptics.performHapticFeedback(HapticFeedbackType.Confirm)
                                    give(intent)
                                }
                            try {
                                pressed = true
                                untilGone(finger)
                            } finally {
                                hold.cancel()
                                pressed = false
                            }
                        }
                    }
                },
    ) {
        Text(
            text = if (pressed) stringResource(R.string.hold_on) else text,
            color = ink,
            style = MaterialTheme.typography.run { if (outlined) titleMedium else headlineSmall },
            textAlign = TextAlign.Center,
            modifier = Modifier.padding(horizontal = 20.dp, vertical = 12.dp),
        )
    }
}

/** Returns when [finger] is lifted, has slipped off, or the system took the touch away. */
private suspend fun AwaitPointerEventScope.untilGone(finger: PointerId) {
    val slip = Size(Slip.toPx(), Slip.toPx())
    while (true) {
        val change = awaitPointerEvent().changes.firstOrNull { it.id == finger } ?: return
        if (!change.pressed || change.isOutOfBounds(size, slip)) return
        change.consume()
    }
}
