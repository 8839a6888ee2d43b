package dev.tocsin.pager.support

import android.media.AudioFormat
import android.media.AudioTrack
import org.robolectric.shadows.ShadowAudioTrack
import java.util.concurrent.CopyOnWriteArrayList

/** What the phone's sound output was given. */
class Loudspeaker : ShadowAudioTrack.OnAudioDataWrittenListener {
    /** Everything that was ever to be heard, oldest first. */
    val tracks = CopyOnWriteArrayList<AudioTrack>()

    /** What is heard now. */
    val playing: List<AudioTrack> get() = tracks.filter { it.playState == AudioTrack.PLAYSTATE_PLAYING }

    override fun onAudioDataWritten(
        track: AudioTrack,
        samples: ByteArray,
        format: AudioFormat,
    ) {
        tracks.addIfAbsent(track)
    }
}
