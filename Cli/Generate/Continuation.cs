using VkSparseGrad.Generation;
using VkSparseGrad.Models.Llama;

namespace VkSparseGrad.Cli.Generate;

/// <summary>Grows a text token by token.</summary>
/// <param name="model">The model.</param>
/// <param name="ends">Tokens of which each ends the text.</param>
/// <param name="settings">How tokens are chosen, and how many at most.</param>
/// <param name="cancellation">Stops between tokens.</param>
internal sealed class Continuation(
    LlamaLanguageModel model, IReadOnlySet<int> ends, GenerateSettings settings, CancellationToken cancellation)
{
    // One series of choices over all texts, so that equal prompts need not get equal answers.
    private readonly Sampler sampler = new(settings.Sampling);

    /// <summary>The tokens that follow a prompt, one at a time; the one that ends the text is not among them.</summary>
    /// <param name="prompt">Token ids.</param>
    /// <exception cref="ArgumentException">The prompt leaves no room in the model's positions.</exception>
    public IEnumerable<int> Of(int[] prompt)
    {
        int positions = model.Config.MaxPositions;
        if (prompt.Length >= positions)
            throw new ArgumentException($"The prompt has {prompt.Length} tokens, but the model has {positions} positions; shorten it.");
        return Grow(prompt, (int)Math.Min(positions, (long)prompt.Length + settings.MaxNewTokens));
    }

    private IEnumerable<int> Grow(int[] prompt, int capacity)
    {
        using var generator = new LlamaGenerator(model, capacity);
        int[] next = prompt;
        for (int left = capacity - prompt.Length; left > 0; left--)
        {
            cancellation.ThrowIfCancellationRequested();
            int id = sampler.Next(generator.Append(next));
            if (ends.Contains(id))
                yield break;
            yield return id;
            next = [id];
        }
    }
}
