using VkSparseGrad.Kernels;
using VkSparseGrad.Layers;
using VkSparseGrad.Tensors;

namespace VkSparseGrad.Optimizers;

/// <summary>Parameters that AdamW updates at once, with their moments: one of its own, or vectors that lie side by side. A vector has so few
/// elements that a step would otherwise be as long in coming as in doing.</summary>
internal sealed class DenseGroup : IDisposable
{
    private readonly IKernels kernels;
    private readonly Tensor value;
    private readonly Tensor? gradients;

    /// <summary>Where each member's gradient belongs; none for a parameter of its own.</summary>
    private readonly Tensor[] homes;

    private DenseGroup(IKernels kernels, IReadOnlyList<Parameter> members, Tensor value, bool isShared)
    {
        this.kernels = kernels;
        Members = members;
        this.value = value;
        using var scope = new DisposeScope();
        Moment1 = scope.Add(kernels.Zeros(value.Shape, MemoryCategory.Optimizer));
        Moment2 = scope.Add(kernels.Zeros(value.Shape, MemoryCategory.Optimizer));
        gradients = isShared ? scope.Add(kernels.Zeros(value.Shape, MemoryCategory.Gradients)) : null;
        scope.Keep();
        homes = gradients is null ? [] : [.. members.Select(member => PartOf(gradients, member))];
        for (int i = 0; i < homes.Length; i++)
        {
            members[i].ClearGradient();
            members[i].GradientHome = homes[i];
        }
    }

    public IReadOnlyList<Parameter> Members { get; }

    private Tensor Moment1 { get; }

    private Tensor Moment2 { get; }

    /// <summary>The moments of each member.</summary>
    public IEnumerable<(string Name, Tensor Moment1, Tensor Moment2)> Moments => gradients is null
        ? [(Members[0].Name, Moment1, Moment2)]
        : Members.Select(member => (member.Name, PartOf(Moment1, member), PartOf(Moment2, member)));

    /// <summary>Puts parameters into as few groups as there can be.</summary>
    public static IEnumerable<DenseGroup> Of(IKernels kernels, IEnumerable<Parameter> parameters)
    {
        foreach (Parameter parameter in parameters.Where(parameter => parameter.Place is null))
        {
            yield return new DenseGroup(kernels, [parameter], parameter.Value, isShared: false);
        }

        var run = new List<Parameter>();
        foreach (Parameter vector in parameters.Where(parameter => parameter.Place is not null).OrderBy(parameter => parameter.Place!.Value.First))
        {
            if (run.Count > 0 && !Follows(run[^1], vector))
            {
                yield return OfRun(kernels, run);
                run = [];
            }

            run.Add(vector);
        }

        if (run.Count > 0)
        {
            yield return OfRun(kernels, run);
        }
    }

    /// <summary>The gradient of all members, 0 where the loss does not depend on one; null where it depends on none.</summary>
    public Tensor? Gradient()
    {
        if (gradients is null)
        {
            return Members[0].Gradient;
        }

        if (Members.All(member => member.Gradient is null))
        {
            return null;
        }

        for (int i = 0; i < homes.Length; i++)
        {
            if (Members[i].Gradient is not Tensor gradient)
            {
                kernels.Fill(homes[i], 0);
            }
            else if (!ReferenceEquals(gradient, homes[i]))
            {
                // Another group has been made of the same parameters since.
                kernels.Copy(gradient, homes[i]);
            }
        }

        return gradients;
    }

    /// <summary>Updates all members and forgets their gradients.</summary>
    /// <param name="gradient">As <see cref="Gradient"/> gave it.</param>
    /// <param name="clip">As for <see cref="IKernels.AdamW"/>.</param>
    /// <param name="adam">The scalars; vectors take no weight decay.</param>
    public void Update(Tensor gradient, Tensor clip, AdamParameters adam)
    {
        kernels.AdamW(value, gradient, Moment1, Moment2, clip, Members[0].IsVector ? adam with { WeightDecay = 0 } : adam);
        foreach (Parameter member in Members)
        {
            member.ClearGradient();
        }
    }

    /// <summary>The members whose gradient was not finite in the last step, of a group that had one that was not. Waits for the
    /// device.</summary>
    public IEnumerable<Parameter> Bad() => gradients is null
        ? Members
        : Members.Where((_, i) => kernels.ToArray(homes[i]).AsSpan().ContainsAnyNonFinite());

    public void Dispose()
    {
        for (int i = 0; i < homes.Length; i++)
        {
            if (ReferenceEquals(Members[i].GradientHome, homes[i]))
            {
                Members[i].ClearGradient();
                Members[i].GradientHome = null;
            }
        }

        gradients?.Dispose();
        Moment1.Dispose();
        Moment2.Dispose();
    }

    private static DenseGroup OfRun(IKernels kernels, List<Parameter> run)
    {
        (VectorArena arena, int first) = run[0].Place!.Value;
        int end = run[^1].Place!.Value.First + VectorArena.Room(run[^1].Shape.Columns);
        return new DenseGroup(kernels, run, kernels.Part(arena.Values, first, end - first), isShared: true);
    }

    private static bool Follows(Parameter first, Parameter second)
    {
        (VectorArena arena, int place) = first.Place!.Value;
        return second.Place == (arena, place + VectorArena.Room(first.Shape.Columns));
    }

    private Tensor PartOf(Tensor whole, Parameter member) =>
        kernels.Part(whole, member.Place!.Value.First - Members[0].Place!.Value.First, member.Shape.Columns);
}

/// <summary>Looks for numbers that are not finite.</summary>
internal static class NonFinite
{
    public static bool ContainsAnyNonFinite(this Span<float> values)
    {
        foreach (float value in values)
        {
            if (!float.IsFinite(value))
            {
                return true;
            }
        }

        return false;
    }
}
