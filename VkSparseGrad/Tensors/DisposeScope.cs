namespace VkSparseGrad.Tensors;

/// <summary>Disposes at its end what was added to it, unless it was told to keep it. So nothing is lost where device memory
/// runs out between two allocations.</summary>
internal sealed class DisposeScope : IDisposable
{
    private readonly List<IDisposable> added = [];

    public T Add<T>(T resource)
        where T : IDisposable
    {
        added.Add(resource);
        return resource;
    }

    /// <summary>What was added has another owner now.</summary>
    public void Keep() => added.Clear();

    public void Dispose() => added.ForEach(resource => resource.Dispose());
}
