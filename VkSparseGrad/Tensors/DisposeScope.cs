namespace VkSparseGrad.Tensors;

/// <summary>Disposes at its end what was added to it, unless it was told to keep it. So nothing is lost where device memory
/// runs out between two allocations.</summary>
/// <remarks>Every step opens some: one that has come to its end serves again.</remarks>
internal sealed class DisposeScope : IDisposable
{
    [ThreadStatic]
    private static Stack<DisposeScope>? idle;

    private readonly List<IDisposable> added = [];
    private bool isOpen;

    private DisposeScope()
    {
    }

    /// <summary>Begins a scope.</summary>
    public static DisposeScope Open()
    {
        DisposeScope scope = idle is not null && idle.TryPop(out DisposeScope? ended) ? ended : new DisposeScope();
        scope.isOpen = true;
        return scope;
    }

    public T Add<T>(T resource)
        where T : IDisposable
    {
        added.Add(resource);
        return resource;
    }

    /// <summary>What was added has another owner now.</summary>
    public void Keep() => added.Clear();

    public void Dispose()
    {
        if (!isOpen)
        {
            return;
        }

        isOpen = false;
        foreach (IDisposable resource in added)
        {
            resource.Dispose();
        }

        added.Clear();
        (idle ??= new()).Push(this);
    }
}
