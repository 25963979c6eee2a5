using VkSparseGrad.Kernels;
using VkSparseGrad.Layers;
using VkSparseGrad.Tensors;

namespace VkSparseGrad.Models;

/// <summary>Several sequences one after another, without padding, on the device.</summary>
public sealed class PackedBatch : IDisposable
{
    private PackedBatch()
    {
    }

    /// <summary>Token ids.</summary>
    public required TokenIds Words { get; init; }

    /// <summary>Position of each token in its sequence, the first being the configuration's.</summary>
    public required TokenIds Positions { get; init; }

    /// <summary>Segment of each token.</summary>
    public required TokenIds TokenTypes { get; init; }

    /// <summary>Row of the first token of each sequence.</summary>
    public required TokenIds FirstTokens { get; init; }

    /// <summary>Attention of every token to every token of its sequence.</summary>
    public required AttentionPlan Attention { get; init; }

    /// <summary>Attention of the first token of each sequence alone to every token of it.</summary>
    public required AttentionPlan FirstTokenAttention { get; init; }

    /// <summary>Number of sequences.</summary>
    public int Sequences => FirstTokens.Count;

    /// <summary>Number of tokens.</summary>
    public int Tokens => Words.Count;

    /// <summary>Packs and uploads sequences.</summary>
    /// <param name="kernels">Where the model lives.</param>
    /// <param name="config">The model's dimensions, against which every id is checked.</param>
    /// <param name="examples">At least one sequence, none empty.</param>
    /// <exception cref="ArgumentException">An id, segment or length is out of the model's range.</exception>
    public static PackedBatch Create(IKernels kernels, BertConfig config, IReadOnlyList<TokenizedExample> examples)
    {
        ArgumentNullException.ThrowIfNull(kernels);
        ArgumentNullException.ThrowIfNull(config);
        ArgumentNullException.ThrowIfNull(examples);
        if (examples.Count == 0)
        {
            throw new ArgumentException("A batch needs at least one sequence.", nameof(examples));
        }

        int tokens = examples.Sum(example => example.Ids.Length);
        var words = new uint[tokens];
        var positions = new uint[tokens];
        var types = new uint[tokens];
        var offsets = new int[examples.Count + 1];
        var firstOffsets = new int[examples.Count + 1];
        for (int i = 0; i < examples.Count; i++)
        {
            TokenizedExample example = examples[i];
            Check(config, example);
            int first = offsets[i];
            uint position = (uint)config.FirstPosition;
            for (int t = 0; t < example.Ids.Length; t++)
            {
                words[first + t] = (uint)example.Ids[t];
                
                // RoBERTa gives a padding token that stands in a text the position of padding, and does not count it.
                bool isPadding = example.Ids[t] == config.FirstPosition - 1;
                positions[first + t] = isPadding ? (uint)example.Ids[t] : position++;
                types[first + t] = (uint)example.TokenTypes[t];
            }

            offsets[i + 1] = first + example.Ids.Length;
            firstOffsets[i + 1] = i + 1;
        }

        using var scope = new DisposeScope();
        uint[] firstTokens = [.. offsets.AsSpan(0, examples.Count).ToArray().Select(offset => (uint)offset)];
        var batch = new PackedBatch
        {
            Words = scope.Add(new TokenIds(kernels, words)),
            Positions = scope.Add(new TokenIds(kernels, positions)),
            TokenTypes = scope.Add(new TokenIds(kernels, types)),
            FirstTokens = scope.Add(new TokenIds(kernels, firstTokens)),
            Attention = scope.Add(kernels.PlanAttention(offsets, offsets)),
            FirstTokenAttention = scope.Add(kernels.PlanAttention(firstOffsets, offsets)),
        };
        scope.Keep();
        return batch;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Words.Dispose();
        Positions.Dispose();
        TokenTypes.Dispose();
        FirstTokens.Dispose();
        Attention.Dispose();
        FirstTokenAttention.Dispose();
    }

    private static void Check(BertConfig config, TokenizedExample example)
    {
        if (example.Ids.Length == 0 || example.Ids.Length > config.LongestSequence)
        {
            throw new ArgumentException(
                $"A sequence has {example.Ids.Length} tokens; the model takes 1 to {config.LongestSequence}.");
        }

        if (example.TokenTypes.Length != example.Ids.Length)
        {
            throw new ArgumentException($"A sequence has {example.Ids.Length} tokens but {example.TokenTypes.Length} segments.");
        }

        for (int t = 0; t < example.Ids.Length; t++)
        {
            if ((uint)example.Ids[t] >= (uint)config.VocabularySize)
            {
                throw new ArgumentException(
                    $"Token id {example.Ids[t]} is not in the model's table of {config.VocabularySize} words.");
            }

            if ((uint)example.TokenTypes[t] >= (uint)config.TokenTypes)
            {
                throw new ArgumentException(
                    $"Segment {example.TokenTypes[t]} is not in the model's table of {config.TokenTypes} segments.");
            }
        }
    }
}
