namespace VkSparseGrad.Kernels;

/// <summary>How the rows of a packed batch fall into sequences, prepared for the attention kernels.</summary>
/// <remarks>Sequence s owns the query rows <c>QueryOffsets[s] .. QueryOffsets[s + 1]</c> and the key rows
/// <c>KeyOffsets[s] .. KeyOffsets[s + 1]</c>; every query of a sequence sees every key of it and no other.</remarks>
public abstract class AttentionPlan : IDisposable
{
    /// <summary>Keeps the offsets.</summary>
    /// <exception cref="ArgumentException">The offsets do not start at 0, fall, or differ in length.</exception>
    protected AttentionPlan(ReadOnlySpan<int> queryOffsets, ReadOnlySpan<int> keyOffsets)
    {
        if (queryOffsets.Length != keyOffsets.Length || queryOffsets.Length < 2)
        {
            throw new ArgumentException("Attention needs as many query offsets as key offsets, at least two of each.");
        }

        CheckRising(queryOffsets);
        CheckRising(keyOffsets);
        QueryOffsets = queryOffsets.ToArray();
        KeyOffsets = keyOffsets.ToArray();
    }

    /// <summary>First query row of each sequence, and the number of query rows at the end.</summary>
    public IReadOnlyList<int> QueryOffsets { get; }

    /// <summary>First key row of each sequence, and the number of key rows at the end.</summary>
    public IReadOnlyList<int> KeyOffsets { get; }

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
