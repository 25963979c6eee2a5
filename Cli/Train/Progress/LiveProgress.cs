using Spectre.Console;

namespace VkSparseGrad.Cli.Train.Progress;

/// <summary>A moving bar for each phase, for terminals.</summary>
internal sealed class LiveProgress(IAnsiConsole console) : IProgressDisplay
{
    public void Show(string phase, int total, Action<IPhaseProgress> work) => console.Progress()
        .Columns(new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn(), new PercentageColumn(), new RemainingTimeColumn())
        .Start(context =>
        {
            ProgressTask bar = context.AddTask(Markup.Escape(phase), maxValue: Math.Max(1, total));
            bar.IsIndeterminate = total == 0;
            work(new Phase(bar, phase));
            bar.IsIndeterminate = false;
            bar.Value = bar.MaxValue;
        });

    private sealed class Phase(ProgressTask bar, string name) : IPhaseProgress
    {
        public void Report(int done, string detail = "")
        {
            bar.Value = done;
            bar.Description = Markup.Escape(detail.Length == 0 ? name : $"{name}: {detail}");
        }
    }
}
