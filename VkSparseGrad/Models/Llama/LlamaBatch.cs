using VkSparseGrad.Kernels;
using VkSparseGrad.Layers;
using VkSparseGrad.Tensors;

namespace VkSparseGrad.Models.Llama;

/// <summary>Several sequences one after another, without padding, on the device.</summary>
public sealed class LlamaBatch : IDisposable
{
    private LlamaBatch()
    {
    }

    /// <summary>Token ids.</summary>
    public required TokenIds Words { get; init; }

    /// <summary>Place of each token in its sequence, counted from 0.</summary>
    public required TokenIds Positions { get; init; }

    /// <summary>Attention of each token to itself and those in front of it in its sequence.</summary>
    public required AttentionPlan Attention { get; init; }

    /// <summary>The rows whose last hidden states are wanted.</summary>
    public required TokenIds ReadRows { get; init; }

    /// <summary>Length of the longest sequence.</summary>
    public required int Longest { get; init; }

    /// <summary>Number of tokens.</summary>
    public int Tokens => Words.Count;

    /// <summary>Packs and uploads sequences.</summary>
    /// <param name="kernels">Where the model lives.</param>
    /// <param name="config">The model's dimensions, against which every id is checked.</param>
    /// <param name="sequences">Token ids; at least one sequence, none empty.</param>
    /// <param name="readRows">Rows of the packed batch whose last hidden states are wanted, rising; at least one.</param>
    /// <exception cref="ArgumentException">An id or a length is out of the model's range, or nothing is wanted.</exception>
    public static LlamaBatch Create(IKernels kernels, LlamaConfig config, IReadOnlyList<int[]> sequences, uint[] readRows)
    {
        ArgumentNullException.ThrowIfNull(kernels);
        ArgumentNullException.ThrowIfNull(config);
        ArgumentNullException.ThrowIfNull(sequences);
        ArgumentNullException.ThrowIfNull(readRows);
        if (sequences.Count == 0 || readRows.Length == 0)
        {
            throw new ArgumentException("A batch needs at least one sequence, and one row to read.");
        }

        int tokens = sequences.Sum(sequence => sequence.Length);
        var words = new uint[tokens];
        var positions = new uint[tokens];
        var offsets = new int[sequences.Count + 1];
        for (int i = 0; i < sequences.Count; i++)
        {
            int[] ids = sequences[i];
            CheckIds(config, ids, config.MaxPositions);
            for (int t = 0; t < ids.Length; t++)
            {
                words[offsets[i] + t] = (uint)ids[t];
                positions[offsets[i] + t] = (uint)t;
            }

            offsets[i + 1] = offsets[i] + ids.Length;
        }

        using var scope = DisposeScope.Open();
        var batch = new LlamaBatch
        {
            Words = scope.Add(new TokenIds(kernels, words)),
            Positions = scope.Add(new TokenIds(kernels, positions)),
            Attention = scope.Add(kernels.PlanAttention(offsets, offsets, causal: true)),
            ReadRows = scope.Add(new TokenIds(kernels, readRows)),
            Longest = sequences.Max(sequence => sequence.Length),
        };
        scope.Keep();
        return batch;
    }

    /// <summary>Throws where an id is not in the model's vocabulary, or there are none or too many.</summary>
    internal static void CheckIds(LlamaConfig config, ReadOnlySpan<int> ids, int most)
    {
        if (ids.IsEmpty || ids.Length > most)
        {
            throw new ArgumentException($"A sequence has {ids.Length} tokens; the model takes 1 to {most}.");
        }

        foreach (int id in ids)
        {
            if ((uint)id >= (uint)config.VocabularySize)
            {
                throw new ArgumentException($"Token id {id} is not in the model's table of {config.VocabularySize} words.");
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Words.Dispose();
        Positions.Dispose();
        Attention.Dispose();
        ReadRows.Dispose();
    }
}
