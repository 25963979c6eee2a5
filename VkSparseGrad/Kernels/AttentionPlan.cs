namespace VkSparseGrad.Kernels;

/// <summary>How the rows of a packed batch fall into sequences, prepared for the attention kernels.</summary>
/// <remarks>Sequence s owns the query rows <c>QueryOffsets[s] .. QueryOffsets[s + 1]</c> and the key rows
/// <c>KeyOffsets[s] .. KeyOffsets[s + 1]</c>. A query sees keys of its own sequence only: every key of it, or where the plan is
/// causal the first of them, to its own place. The places are counted from the end, where the last query sees the last key, so
/// that queries may be the tokens that come behind others whose keys are there already.</remarks>
public abstract class AttentionPlan : IDisposable
{
    private readonly List<int> queryOffsets = [];
    private readonly List<int> keyOffsets = [];

    /// <summary>Keeps the offsets.</summary>
    /// <exception cref="ArgumentException">The offsets do not start at 0, fall, or differ in length.</exception>
    protected AttentionPlan(ReadOnlySpan<int> queryOffsets, ReadOnlySpan<int> keyOffsets, bool causal)
    {
        IsCausal = causal;
        Keep(queryOffsets, keyOffsets);
    }

    /// <summary>Whether a query sees only the keys up to its own place.</summary>
    public bool IsCausal { get; }

    /// <summary>First query row of each sequence, and the number of query rows at the end.</summary>
    public IReadOnlyList<int> QueryOffsets => queryOffsets;

    /// <summary>First key row of each sequence, and the number of key rows at the end.</summary>
    public IReadOnlyList<int> KeyOffsets => keyOffsets;

    /// <summary>Number of query rows.</summary>
    public int Queries => QueryOffsets[^1];

    /// <summary>Number of key rows.</summary>
    public int Keys => KeyOffsets[^1];

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Gives back what the plan holds.</summary>
    protected virtual void Dispose(bool disposing)
    {
    }

    /// <summary>How many of its sequence's keys a query sees, from the first on.</summary>
    /// <param name="sequence">The sequence.</param>
    /// <param name="query">The query's place in it.</param>
    internal int KeysSeen(int sequence, int query)
    {
        int keys = KeyOffsets[sequence + 1] - KeyOffsets[sequence];
        int queries = QueryOffsets[sequence + 1] - QueryOffsets[sequence];
        return IsCausal ? Math.Max(0, query + 1 + keys - queries) : keys;
    }

    /// <summary>Plans for other sequences, also behind its disposal.</summary>
    /// <returns>Whether it can; where not, another plan is to be made.</returns>
    internal virtual bool Assign(ReadOnlySpan<int> queryOffsets, ReadOnlySpan<int> keyOffsets) => false;

    private protected void Keep(ReadOnlySpan<int> queryOffsets, ReadOnlySpan<int> keyOffsets)
    {
        if (queryOffsets.Length != keyOffsets.Length || queryOffsets.Length < 2)
        {
            throw new ArgumentException("Attention needs as many query offsets as key offsets, at least two of each.");
        }

        CheckRising(queryOffsets);
        CheckRising(keyOffsets);
        this.queryOffsets.Clear();
        this.queryOffsets.AddRange(queryOffsets);
        this.keyOffsets.Clear();
        this.keyOffsets.AddRange(keyOffsets);
    }

    private static void CheckRising(ReadOnlySpan<int> offsets)
    {
        if (offsets[0] != 0)
        {
            throw new ArgumentException("The first offset of a packed batch must be 0.");
        }

        for (int i = 1; i < offsets.Length; i++)
        {
            if (offsets[i] < offsets[i - 1])
            {
                throw new ArgumentException($"Offset {i} of a packed batch is {offsets[i]}, below the one before it.");
            }
        }
    }
}
