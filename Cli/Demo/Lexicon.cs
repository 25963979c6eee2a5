namespace VkSparseGrad.Cli.Demo;

/// <summary>The words of the demonstration task, chosen so that any combination reads as plain English.</summary>
internal static class Lexicon
{
    /// <summary>People of either gender, as subjects.</summary>
    public static readonly Word[] People = Words(
        "farmer/farmers teacher/teachers doctor/doctors student/students artist/artists singer/singers pilot/pilots "
        + "lawyer/lawyers baker/bakers driver/drivers nurse/nurses child/children neighbor/neighbors guest/guests "
        + "writer/writers dancer/dancers tourist/tourists visitor/visitors scientist/scientists manager/managers",
        "painter/painters soldier/soldiers cousin/cousins gardener/gardeners sailor/sailors customer/customers");

    /// <summary>Things, as objects and beside subjects.</summary>
    public static readonly Word[] Things = Words(
        "chair/chairs table/tables lamp/lamps bottle/bottles bicycle/bicycles picture/pictures basket/baskets "
        + "mirror/mirrors ladder/ladders camera/cameras guitar/guitars suitcase/suitcases candle/candles box/boxes "
        + "statue/statues flag/flags computer/computers piano/pianos",
        "blanket/blankets clock/clocks umbrella/umbrellas wagon/wagons vase/vases");

    /// <summary>What people do, in the present tense, without an object; no verb whose past looks like its plural, such as <c>read</c>.</summary>
    public static readonly Word[] Activities = Words(
        "sleeps/sleep laughs/laugh smiles/smile sings/sing dances/dance works/work waits/wait talks/talk cries/cry "
        + "listens/listen whistles/whistle complains/complain walks/walk relaxes/relax cooks/cook rests/rest",
        "whispers/whisper exercises/exercise studies/study paints/paint argues/argue");

    /// <summary>What people did to things, in the past tense, which has no number.</summary>
    public static readonly Word[] Actions = Invariable(
        "cleaned bought found sold carried painted dropped admired noticed borrowed lost moved liked examined described hid",
        "photographed repaired inspected stole wanted");

    /// <summary>What people did to themselves, in the past tense.</summary>
    public static readonly Word[] ReflexiveActions = Invariable(
        "hurt blamed admired introduced defended described praised trusted criticized washed embarrassed surprised helped protected",
        "injured entertained motivated congratulated disguised");

    /// <summary>Men and boys.</summary>
    public static readonly Word[] Masculine = Words(
        "boy/boys man/men king/kings uncle/uncles brother/brothers father/fathers actor/actors prince/princes nephew/nephews "
        + "businessman/businessmen",
        "grandfather/grandfathers policeman/policemen duke/dukes");

    /// <summary>Women and girls.</summary>
    public static readonly Word[] Feminine = Words(
        "girl/girls woman/women queen/queens aunt/aunts sister/sisters mother/mothers actress/actresses princess/princesses "
        + "niece/nieces businesswoman/businesswomen",
        "grandmother/grandmothers policewoman/policewomen duchess/duchesses");

    /// <summary>Determiners that agree with their noun.</summary>
    public static readonly Word[] Demonstratives = Words("this/these that/those", "");

    /// <summary>Prepositions of place between a subject and a thing.</summary>
    public static readonly string[] Prepositions = ["near", "behind", "beside", "next to", "in front of"];

    /// <summary>When and where an activity goes on.</summary>
    public static readonly string[] Settings = ["every morning", "in the garden", "after dinner", "at the party", "before lunch", "on Sundays", "in the kitchen", "all day"];

    /// <summary>When something happened.</summary>
    public static readonly string[] Times = ["yesterday", "last week", "on Monday", "again", "this morning", "at the meeting"];

    private static Word[] Words(string seen, string heldOut) => [.. Split(seen, false), .. Split(heldOut, true)];

    private static Word[] Invariable(string seen, string heldOut) =>
        [.. Tokens(seen).Select(word => new Word(word, word, false)), .. Tokens(heldOut).Select(word => new Word(word, word, true))];

    private static IEnumerable<Word> Split(string words, bool heldOut) =>
        Tokens(words).Select(word => word.Split('/')).Select(forms => new Word(forms[0], forms[1], heldOut));

    private static string[] Tokens(string words) => words.Split(' ', StringSplitOptions.RemoveEmptyEntries);
}
