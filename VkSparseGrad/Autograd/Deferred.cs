using VkSparseGrad.Tensors;

namespace VkSparseGrad.Autograd;

/// <summary>A piece of an op that is put off until the backward pass, with what it needs then.</summary>
internal abstract class Deferred
{
    /// <summary>Runs it.</summary>
    /// <param name="tape">Where the op was recorded.</param>
    /// <param name="tensor">The gradient that a rule begins with, or where a value goes that is computed again.</param>
    public abstract void Run(Tape tape, Tensor tensor);
}

/// <summary>The same with what it needs in one value, where a closure would be an object more for every op of every step.</summary>
/// <typeparam name="TState">What it needs.</typeparam>
internal sealed class Deferred<TState> : Deferred
{
    private TState? state;
    private Action<Tape, Tensor, TState>? action;

    /// <summary>Says what it does.</summary>
    public void Set(TState state, Action<Tape, Tensor, TState> action) => (this.state, this.action) = (state, action);

    public override void Run(Tape tape, Tensor tensor) => action!(tape, tensor, state!);
}
