using System.Globalization;
using VkSparseGrad.Cli.Compare.Cells;
using VkSparseGrad.Cli.Compare.Plan;
using VkSparseGrad.Training;

namespace VkSparseGrad.Cli.Compare.Report;

/// <summary>Scores against fraction, selection and preliminary steps, where a comparison varies them.</summary>
internal static class VariationTables
{
    public static IEnumerable<ReportTable> Of(ComparisonState state)
    {
        if (Families(state.Plan).Count > 0)
        {
            yield return new ReportTable(
                "Scores by fraction", null, ["method", "fraction", .. ScoreTables.Columns(state)],
                [.. Families(state.Plan).SelectMany(family => family).Select(method => (IReadOnlyList<string>)
                    [method.Name, Fraction(state.Plan, method).ToString(CultureInfo.InvariantCulture), .. ScoreTables.Cells(state, method)])]);
        }

        MethodVariant[] sparse = [.. state.Plan.Methods.Where(method => method.Kind == TrainingMethod.SparseGrad)];
        bool varies = sparse.Select(method => Choice(state.Plan, method)).Distinct().Count() > 1;
        if (varies || sparse.Any(method => KeptEnergy(state, method) is not null))
        {
            CommonTasks common = CommonTasks.WithResults(state);
            yield return new ReportTable(
                "Selections and preliminary steps",
                "Kept energy: the share of ‖C‖² in the coefficients that a step keeps, mean over layers, tasks and seeds, where it was measured." +
                (state.IsOneDevice ? "" : " Speeds are left out, since cells ran on several devices."),
                ["method", "selection", "preliminary steps", "kept energy", .. ScoreTables.Columns(state), "steps/s"],
                [.. sparse.Select(method => (IReadOnlyList<string>)
                    [
                        method.Name, Choice(state.Plan, method).Selection, Choice(state.Plan, method).Steps.ToString(CultureInfo.InvariantCulture),
                        Numbers.Of(KeptEnergy(state, method), "F3"), .. ScoreTables.Cells(state, method),
                        Numbers.Of(state.IsOneDevice ? common.Mean(method, result => result.StepsPerSecond) : null, "F2"),
                    ])]);
        }
    }

    /// <summary>The methods that differ in their fraction alone, in the order of the fractions; none where it does not vary.</summary>
    public static IReadOnlyList<IReadOnlyList<MethodVariant>> Families(ComparisonPlan plan) =>
    [
        .. plan.Methods.Where(method => method.Kind is TrainingMethod.SparseGrad or TrainingMethod.MeProp)
            .GroupBy(method => SettingsTables.AllBut(plan.Of(plan.Tasks[0], method)[0], "fraction"))
            .Where(family => family.Count() > 1)
            .Select(family => family.OrderBy(method => Fraction(plan, method)).ToArray()),
    ];

    public static double Fraction(ComparisonPlan plan, MethodVariant method) => Options(plan, method).Fraction;

    private static (string Selection, int Steps) Choice(ComparisonPlan plan, MethodVariant method) =>
        (Options(plan, method).Selection.ToString(), Options(plan, method).PreliminarySteps);

    private static TrainingOptions Options(ComparisonPlan plan, MethodVariant method) => plan.Of(plan.Tasks[0], method)[0].Settings.Training;

    private static double? KeptEnergy(ComparisonState state, MethodVariant method) =>
        Spread.Of(state.Plan.Tasks.SelectMany(task => state.Of(task, method)).Select(result => result.KeptEnergy).OfType<double>())?.Mean;
}
