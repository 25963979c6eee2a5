using VkSparseGrad.Kernels;
using VkSparseGrad.Layers;
using VkSparseGrad.Tensors;

namespace VkSparseGrad.Optimizers;

/// <summary>Parameters that AdamW updates at once, with their moments: a single one, or vectors that lie side by side, of which an update
/// each would mostly be the overhead of its dispatch.</summary>
internal sealed class DenseGroup : IDisposable
{
    private readonly IKernels kernels;
    private readonly Tensor value;
    private readonly Tensor? gradients;

    /// <summary>Where each member's gradient belongs; none for a parameter of its own.</summary>
    private readonly Tensor[] homes;

    private DenseGroup(IKernels kernels, Parameter[] members, Tensor value, bool isShared)
    {
        this.kernels = kernels;
        Members = members;
        this.value = value;
        using var scope = DisposeScope.Open();
        Moment1 = scope.Add(kernels.Zeros(value.Shape, MemoryCategory.Optimizer));
        Moment2 = scope.Add(kernels.Zeros(value.Shape, MemoryCategory.Optimizer));
        gradients = isShared ? scope.Add(kernels.Zeros(value.Shape, MemoryCategory.Gradients)) : null;
        scope.Keep();
        homes = gradients is null ? [] : [.. members.Select(member => PartOf(gradients, member))];
        for (int i = 0; i < homes.Length; i++)
        {
            members[i].MoveGradientTo(kernels, homes[i]);
        }
    }

    public Parameter[] Members { get; }

    private Tensor Moment1 { get; }

    private Tensor Moment2 { get; }

    /// <summary>The moments of each member.</summary>
    public IEnumerable<(string Name, Tensor Moment1, Tensor Moment2)> Moments => gradients is null
        ? [(Members[0].Name, Moment1, Moment2)]
        : Members.Select(member => (member.Name, PartOf(Moment1, member), PartOf(Moment2, member)));

    /// <summary>Puts parameters into groups, those of an arena into as few as there can be.</summary>
    public static IEnumerable<DenseGroup> Of(IKernels kernels, IEnumerable<Parameter> parameters)
    {
        foreach (Parameter parameter in parameters.Where(parameter => parameter.Place is null))
        {
            yield return new DenseGroup(kernels, [parameter], parameter.Value, isShared: false);
        }

        var run = new List<Parameter>();
        foreach (Parameter vector in parameters.Where(parameter => parameter.Place is not null)
            .GroupBy(parameter => parameter.Place!.Value.Arena).SelectMany(arena => arena.OrderBy(parameter => parameter.Place!.Value.First)))
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

    /// <summary>The gradient of all members, 0 for those the loss does not depend on; null where it depends on none.</summary>
    public Tensor? Gradient()
    {
        if (gradients is null)
        {
            return Members[0].Gradient;
        }

        if (!Array.Exists(Members, member => member.Gradient is not null))
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

    /// <summary>Updates the members that have a gradient, and forgets it.</summary>
    /// <param name="gradient">As <see cref="Gradient"/> gave it.</param>
    /// <param name="clip">As for <see cref="IKernels.AdamW"/>.</param>
    /// <param name="adam">The scalars; vectors take no weight decay.</param>
    public void Update(Tensor gradient, Tensor clip, AdamParameters adam)
    {
        AdamParameters own = Members[0].IsVector ? adam with { WeightDecay = 0 } : adam;
        if (Array.TrueForAll(Members, member => member.Gradient is not null))
        {
            kernels.AdamW(value, gradient, Moment1, Moment2, clip, own);
        }
        else
        {
            // Momentum must not move what has no gradient.
            for (int i = 0; i < Members.Length; i++)
            {
                if (Members[i].Gradient is not null)
                {
                    (int first, int length) = PlaceOf(Members[i]);
                    using Tensor moment1 = kernels.RentPart(Moment1, first, length), moment2 = kernels.RentPart(Moment2, first, length);
                    kernels.AdamW(Members[i].Value, homes[i], moment1, moment2, clip, own);
                }
            }
        }

        foreach (Parameter member in Members)
        {
            member.ClearGradient();
        }
    }

    /// <summary>The members whose gradient was not finite in the last step, of a group whose norm was not; all where only the sum of
    /// squares was too large. Waits for the device.</summary>
    public IReadOnlyList<Parameter> Bad()
    {
        Parameter[] bad = [.. Members.Where((_, i) => homes.Length > 0 && kernels.ToArray(homes[i]).AsSpan().ContainsAnyNonFinite())];
        return bad.Length > 0 ? bad : Members;
    }

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
        return new DenseGroup(kernels, [.. run], kernels.Part(arena.Values, first, end - first), isShared: true);
    }

    private static bool Follows(Parameter first, Parameter second)
    {
        (VectorArena arena, int place) = first.Place!.Value;
        return second.Place == (arena, place + VectorArena.Room(first.Shape.Columns));
    }

    private Tensor PartOf(Tensor whole, Parameter member)
    {
        (int first, int length) = PlaceOf(member);
        return kernels.Part(whole, first, length);
    }

    private (int First, int Length) PlaceOf(Parameter member) =>
        (member.Place!.Value.First - Members[0].Place!.Value.First, member.Shape.Columns);
}
