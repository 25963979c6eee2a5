namespace VkSparseGrad.Cli.Demo;

/// <summary>The rules of English that the demonstration task tests, in the manner of BLiMP (Warstadt et al., 2020).</summary>
internal static class Phenomena
{
    private static readonly bool[] Numbers = [false, true];

    /// <summary>Every phenomenon: each yields its minimal pairs with the varying words they are made of.</summary>
    public static readonly Func<IEnumerable<(MinimalPair Pair, Word[] Words)>>[] All =
        [SubjectVerbAgreement, AgreementAcrossDistractor, DeterminerNounAgreement, ReflexiveAgreement];

    // The farmer sleeps after dinner. / *The farmer sleep after dinner.
    private static IEnumerable<(MinimalPair, Word[])> SubjectVerbAgreement() =>
        from subject in Lexicon.People
        from plural in Numbers
        from verb in Lexicon.Activities
        from setting in Lexicon.Settings
        let start = $"The {subject.Form(plural)}"
        select (new MinimalPair("verb", $"{start} {verb.Form(plural)} {setting}.", $"{start} {verb.Form(!plural)} {setting}."),
            new[] { subject, verb });

    // The farmer near the tables sleeps. / *The farmer near the tables sleep. The noun in between has the other number, so
    // that agreeing with the nearest noun is always wrong.
    private static IEnumerable<(MinimalPair, Word[])> AgreementAcrossDistractor() =>
        from subject in Lexicon.People
        from plural in Numbers
        from preposition in Lexicon.Prepositions
        from thing in Lexicon.Things
        from verb in Lexicon.Activities
        let start = $"The {subject.Form(plural)} {preposition} the {thing.Form(!plural)}"
        select (new MinimalPair("distractor", $"{start} {verb.Form(plural)}.", $"{start} {verb.Form(!plural)}."),
            new[] { subject, thing, verb });

    // The farmer cleaned these tables. / *The farmer cleaned this tables.
    private static IEnumerable<(MinimalPair, Word[])> DeterminerNounAgreement() =>
        from subject in Lexicon.People
        from action in Lexicon.Actions
        from determiner in Lexicon.Demonstratives
        from thing in Lexicon.Things
        from plural in Numbers
        let start = $"The {subject.Singular} {action.Singular}"
        let noun = thing.Form(plural)
        select (new MinimalPair("determiner", $"{start} {determiner.Form(plural)} {noun}.", $"{start} {determiner.Form(!plural)} {noun}."),
            new[] { subject, action, thing });

    // The queen blamed herself yesterday. / *The queen blamed himself yesterday. With a plural subject the bad pronoun has
    // the right gender and the wrong number.
    private static IEnumerable<(MinimalPair, Word[])> ReflexiveAgreement() =>
        from gender in new (Word[] Nouns, string Own, string Other)[] { (Lexicon.Masculine, "himself", "herself"), (Lexicon.Feminine, "herself", "himself") }
        from subject in gender.Nouns
        from plural in Numbers
        from action in Lexicon.ReflexiveActions
        from time in Lexicon.Times
        let start = $"The {subject.Form(plural)} {action.Singular}"
        let good = plural ? "themselves" : gender.Own
        let bad = plural ? gender.Own : gender.Other
        select (new MinimalPair("reflexive", $"{start} {good} {time}.", $"{start} {bad} {time}."),
            new[] { subject, action });
}
