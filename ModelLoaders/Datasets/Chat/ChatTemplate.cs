using VkSparseGrad.ModelLoaders.Tokenizers;
using VkSparseGrad.Models.Llama;

namespace VkSparseGrad.ModelLoaders.Datasets.Chat;

/// <summary>Writes conversations as LLaMA-2's chat models read them.</summary>
/// <remarks>
/// Source: https://github.com/meta-llama/llama, <c>llama/generation.py</c>, <c>chat_completion</c>. That refuses messages with marks
/// of the template in them; here these are text like other.
/// </remarks>
public static class ChatTemplate
{
    /// <summary>The ids of a conversation, with the answers marked as learned, or all of it; what is not new in a turn is not.</summary>
    /// <param name="conversation">The conversation.</param>
    /// <param name="encoder">Makes the token ids.</param>
    /// <param name="lossOn">What is learned.</param>
    public static LearnedText Encode(Conversation conversation, ITextEncoder encoder, LossOn lossOn)
    {
        ArgumentNullException.ThrowIfNull(conversation);
        ArgumentNullException.ThrowIfNull(encoder);

        var ids = new List<int>();
        var learned = new List<bool>();
        for (var index = 0; index < conversation.Turns.Count; index++)
        {
            var turn = conversation.Turns[index];
            var prompt = Prompt(index == 0 ? conversation.System : null, turn.User);
            var whole = encoder.EncodeText($"{prompt} {turn.Answer.Trim()} ", addBegin: true, addEnd: true);
            var answerStart = CommonStart(whole, encoder.EncodeText(prompt, addBegin: true, addEnd: false));

            ids.AddRange(whole);
            learned.AddRange(Enumerable.Repeat(lossOn == LossOn.All && turn.IsUserNew, answerStart));
            learned.AddRange(Enumerable.Repeat(turn.IsAnswerNew, whole.Length - answerStart));
        }

        return new LearnedText([.. ids], [.. learned]);
    }

    /// <summary>The ids of a conversation with one more message of the user's, for a model to answer.</summary>
    /// <param name="conversation">What was said before; may be empty.</param>
    /// <param name="message">The message.</param>
    /// <param name="encoder">Makes the token ids.</param>
    public static int[] EncodePrompt(Conversation conversation, string message, ITextEncoder encoder)
    {
        ArgumentNullException.ThrowIfNull(conversation);
        ArgumentNullException.ThrowIfNull(message);
        ArgumentNullException.ThrowIfNull(encoder);
        var isFirst = conversation.Turns.Count == 0;
        return
        [
            .. Encode(conversation, encoder, LossOn.All).Ids,
            .. encoder.EncodeText(Prompt(isFirst ? conversation.System : null, message), addBegin: true, addEnd: false),
        ];
    }

    private static string Prompt(string? system, string user)
    {
        var told = system is null ? "" : $"<<SYS>>\n{system}\n<</SYS>>\n\n";
        return $"[INST] {(told + user).Trim()} [/INST]";
    }

    // The turn is encoded as a whole, so that its ids are the source's with any encoder: one may or may not put a space of its own
    // in front of what it is given, and may merge across a boundary. The answer begins where these ids leave those of the prompt up
    // to its closing bracket. SentencePiece's space begins a token, so that this is the space; a merged token is the answer's.
    private static int CommonStart(int[] whole, int[] prompt) => whole.AsSpan().CommonPrefixLength(prompt);
}
