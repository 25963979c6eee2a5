using System.Buffers;
using VkSparseGrad.Kernels;
using VkSparseGrad.Layers;
using VkSparseGrad.Tensors;

namespace VkSparseGrad.Models;

/// <summary>Several sequences one after another, without padding, on the device.</summary>
public sealed class PackedBatch : IDisposable
{
    private readonly IKernels kernels;
    private readonly BertConfig config;
    private readonly Stack<PackedBatch>? home;
    private AttentionPlan? attention;
    private AttentionPlan? firstTokenAttention;

    /// <summary>A batch that is yet to be packed.</summary>
    /// <param name="kernels">Where the model lives.</param>
    /// <param name="config">The model's dimensions.</param>
    /// <param name="home">Where it goes when it is disposed, to be packed again.</param>
    internal PackedBatch(IKernels kernels, BertConfig config, Stack<PackedBatch>? home)
    {
        this.kernels = kernels;
        this.config = config;
        this.home = home;
        Words = new TokenIds(kernels);
        Positions = new TokenIds(kernels);
        TokenTypes = new TokenIds(kernels);
        FirstTokens = new TokenIds(kernels);
    }

    /// <summary>Token ids.</summary>
    public TokenIds Words { get; }

    /// <summary>Position of each token in its sequence, the first being the configuration's.</summary>
    public TokenIds Positions { get; }

    /// <summary>Segment of each token.</summary>
    public TokenIds TokenTypes { get; }

    /// <summary>Row of the first token of each sequence.</summary>
    public TokenIds FirstTokens { get; }

    /// <summary>Attention of every token to every token of its sequence.</summary>
    public AttentionPlan Attention => attention!;

    /// <summary>Attention of the first token of each sequence alone to every token of it.</summary>
    public AttentionPlan FirstTokenAttention => firstTokenAttention!;

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
        using var scope = DisposeScope.Open();
        PackedBatch batch = scope.Add(new PackedBatch(kernels, config, home: null));
        batch.Pack(examples);
        scope.Keep();
        return batch;
    }

    /// <summary>Packs and uploads sequences in the place of those before.</summary>
    internal void Pack(IReadOnlyList<TokenizedExample> examples)
    {
        if (examples.Count == 0)
        {
            throw new ArgumentException("A batch needs at least one sequence.", nameof(examples));
        }

        int tokens = 0;
        for (int i = 0; i < examples.Count; i++)
        {
            Check(config, examples[i]);
            tokens = checked(tokens + examples[i].Ids.Length);
        }

        uint[] ids = ArrayPool<uint>.Shared.Rent(checked(3 * tokens + examples.Count));
        int[] offsets = ArrayPool<int>.Shared.Rent(2 * (examples.Count + 1));
        try
        {
            Upload(examples, tokens, ids, offsets);
        }
        finally
        {
            ArrayPool<uint>.Shared.Return(ids);
            ArrayPool<int>.Shared.Return(offsets);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Words.Dispose();
        Positions.Dispose();
        TokenTypes.Dispose();
        FirstTokens.Dispose();
        attention?.Dispose();
        firstTokenAttention?.Dispose();
        home?.Push(this);
    }

    /// <param name="examples">The sequences.</param>
    /// <param name="tokens">Of all.</param>
    /// <param name="ids">Room for three ids a token and one a sequence.</param>
    /// <param name="offsets">Room for two a sequence, and two more.</param>
    private void Upload(IReadOnlyList<TokenizedExample> examples, int tokens, Span<uint> ids, Span<int> offsets)
    {
        Span<uint> words = ids[..tokens], positions = ids.Slice(tokens, tokens), types = ids.Slice(2 * tokens, tokens);
        Span<uint> firstTokens = ids.Slice(3 * tokens, examples.Count);
        Span<int> ends = offsets[..(examples.Count + 1)], firstEnds = offsets.Slice(ends.Length, ends.Length);
        (ends[0], firstEnds[0]) = (0, 0);
        for (int i = 0; i < examples.Count; i++)
        {
            TokenizedExample example = examples[i];
            int first = ends[i];
            uint position = (uint)config.FirstPosition;
            for (int t = 0; t < example.Ids.Length; t++)
            {
                words[first + t] = (uint)example.Ids[t];

                // RoBERTa gives a padding token that stands in a text the position of padding, and does not count it.
                bool isPadding = example.Ids[t] == config.FirstPosition - 1;
                positions[first + t] = isPadding ? (uint)example.Ids[t] : position++;
                types[first + t] = (uint)example.TokenTypes[t];
            }

            firstTokens[i] = (uint)first;
            (ends[i + 1], firstEnds[i + 1]) = (first + example.Ids.Length, i + 1);
        }

        Words.Assign(words);
        Positions.Assign(positions);
        TokenTypes.Assign(types);
        FirstTokens.Assign(firstTokens);
        Plan(ref attention, ends, ends);
        Plan(ref firstTokenAttention, firstEnds, ends);
    }

    private void Plan(ref AttentionPlan? plan, ReadOnlySpan<int> queryOffsets, ReadOnlySpan<int> keyOffsets)
    {
        if (plan?.Assign(queryOffsets, keyOffsets) != true)
        {
            plan?.Dispose();
            plan = kernels.PlanAttention(queryOffsets, keyOffsets);
        }
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
