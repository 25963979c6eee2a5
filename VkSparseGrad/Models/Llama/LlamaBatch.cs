using System.Buffers;
using VkSparseGrad.Kernels;
using VkSparseGrad.Layers;
using VkSparseGrad.Tensors;

namespace VkSparseGrad.Models.Llama;

/// <summary>Several sequences one after another, without padding, on the device.</summary>
public sealed class LlamaBatch : IDisposable
{
    private readonly IKernels kernels;
    private readonly LlamaConfig config;
    private readonly Stack<LlamaBatch>? home;
    private AttentionPlan? attention;

    /// <summary>A batch that is yet to be packed.</summary>
    /// <param name="kernels">Where the model lives.</param>
    /// <param name="config">The model's dimensions.</param>
    /// <param name="home">Where it goes when it is disposed, to be packed again.</param>
    internal LlamaBatch(IKernels kernels, LlamaConfig config, Stack<LlamaBatch>? home)
    {
        this.kernels = kernels;
        this.config = config;
        this.home = home;
        Words = new TokenIds(kernels);
        Positions = new TokenIds(kernels);
        ReadRows = new TokenIds(kernels);
    }

    /// <summary>Token ids.</summary>
    public TokenIds Words { get; }

    /// <summary>Place of each token in its sequence, counted from 0.</summary>
    public TokenIds Positions { get; }

    /// <summary>Attention of each token to itself and those in front of it in its sequence.</summary>
    public AttentionPlan Attention => attention!;

    /// <summary>The rows whose last hidden states are wanted.</summary>
    public TokenIds ReadRows { get; }

    /// <summary>Length of the longest sequence.</summary>
    public int Longest { get; private set; }

    /// <summary>Number of tokens.</summary>
    public int Tokens => Words.Count;

    /// <summary>Packs and uploads sequences.</summary>
    /// <param name="kernels">Where the model lives.</param>
    /// <param name="config">The model's dimensions, against which every id is checked.</param>
    /// <param name="sequences">Token ids; at least one sequence, none empty.</param>
    /// <param name="readRows">Rows of the packed batch whose last hidden states are wanted, rising; at least one.</param>
    /// <exception cref="ArgumentException">An id or a length is out of the model's range, or nothing is wanted.</exception>
    public static LlamaBatch Create(IKernels kernels, LlamaConfig config, IReadOnlyList<int[]> sequences, ReadOnlySpan<uint> readRows)
    {
        ArgumentNullException.ThrowIfNull(kernels);
        ArgumentNullException.ThrowIfNull(config);
        ArgumentNullException.ThrowIfNull(sequences);
        using var scope = DisposeScope.Open();
        LlamaBatch batch = scope.Add(new LlamaBatch(kernels, config, home: null));
        batch.Pack(sequences, readRows);
        scope.Keep();
        return batch;
    }

    /// <summary>Packs and uploads sequences in the place of those before.</summary>
    internal void Pack(IReadOnlyList<int[]> sequences, ReadOnlySpan<uint> readRows)
    {
        if (sequences.Count == 0 || readRows.IsEmpty)
        {
            throw new ArgumentException("A batch needs at least one sequence, and one row to read.");
        }

        (int tokens, Longest) = (0, 0);
        for (int i = 0; i < sequences.Count; i++)
        {
            CheckIds(config, sequences[i], config.MaxPositions);
            tokens = checked(tokens + sequences[i].Length);
            Longest = Math.Max(Longest, sequences[i].Length);
        }

        uint[] ids = ArrayPool<uint>.Shared.Rent(checked(2 * tokens));
        int[] offsets = ArrayPool<int>.Shared.Rent(sequences.Count + 1);
        try
        {
            Upload(sequences, ids.AsSpan(0, tokens), ids.AsSpan(tokens, tokens), offsets.AsSpan(0, sequences.Count + 1));
            ReadRows.Assign(readRows);
        }
        finally
        {
            ArrayPool<uint>.Shared.Return(ids);
            ArrayPool<int>.Shared.Return(offsets);
        }
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
        attention?.Dispose();
        ReadRows.Dispose();
        home?.Push(this);
    }

    private void Upload(IReadOnlyList<int[]> sequences, Span<uint> words, Span<uint> positions, Span<int> offsets)
    {
        offsets[0] = 0;
        for (int i = 0; i < sequences.Count; i++)
        {
            int[] ids = sequences[i];
            for (int t = 0; t < ids.Length; t++)
            {
                words[offsets[i] + t] = (uint)ids[t];
                positions[offsets[i] + t] = (uint)t;
            }

            offsets[i + 1] = offsets[i] + ids.Length;
        }

        Words.Assign(words);
        Positions.Assign(positions);
        if (attention?.Assign(offsets, offsets) != true)
        {
            attention?.Dispose();
            attention = kernels.PlanAttention(offsets, offsets, causal: true);
        }
    }
}
