namespace VkSparseGrad.Autograd;

/// <summary>Objects of one pass, which serve again in the next.</summary>
internal abstract class Arena
{
    /// <summary>Ends the pass: nobody uses what was taken.</summary>
    public abstract void Reset();
}

/// <summary>The same for one class.</summary>
/// <typeparam name="T">The class.</typeparam>
/// <param name="make">Makes an object when all that there are were taken.</param>
internal sealed class Arena<T>(Func<T> make) : Arena
{
    private readonly List<T> all = [];
    private int taken;

    /// <summary>An object in whatever state it was left.</summary>
    public T Take()
    {
        if (taken == all.Count)
        {
            all.Add(make());
        }

        return all[taken++];
    }

    public override void Reset() => taken = 0;
}
