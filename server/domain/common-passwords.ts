/**
 * The passwords of eight characters and more that stand first in every list of leaked ones; shorter ones are refused by
 * length. Compared in lower case. (From the top of the well-known rankings of leaked passwords, written down here.)
 */
export const commonPasswords: ReadonlySet<string> = new Set(`
password password1 password12 password123 password1234 password! password1! p@ssword p@ssw0rd passw0rd pa$$word pa$$w0rd passpass
12345678 123456789 1234567890 12345678910 0123456789 123456789a a123456789 1234567a 123456aa 123456abc abc12345 abcd1234 abc123456 abcdefgh
11111111 111111111 1111111111 00000000 000000000 0000000000 22222222 33333333 44444444 55555555 66666666 77777777 88888888 888888888 99999999 999999999
87654321 987654321 9876543210 0987654321 12341234 123123123 12312312 11223344 1122334455 112233445566 12121212 123321123 123454321 1234512345 13131313 14141414
147258369 159357456 159753456 741852963 789456123 789456789 147852369 963852741 321654987 456789123 123654789 1236987450 10203040 100200300 12344321 43214321
qwertyui qwertyuiop qwerty12 qwerty123 qwerty1234 qwerty12345 qwerty123456 1qaz2wsx 1qaz2wsx3edc 1q2w3e4r 1q2w3e4r5t 1q2w3e4r5t6y q1w2e3r4 q1w2e3r4t5 q1w2e3r4t5y6
qwer1234 1234qwer 12345qwert asdfghjk asdfghjkl asdf1234 asdfasdf zxcvbnm1 zxcvbnm123 qazwsxedc qazwsx123 zaq12wsx zaq1zaq1 1qazxsw2 qwaszx12 poiuytrewq lkjhgfdsa
qweasdzxc qweasd123 qweqweqwe qwe123456 123qweasd 123qwe123 qwertzui qwertzuiop azertyui azertyuiop azerty123 asdfqwer q2w3e4r5 1a2b3c4d a1b2c3d4 aa123456 aa12345678 a1234567 a12345678
iloveyou iloveyou1 iloveyou2 iloveyou! iloveu123 ilovegod ilovejesus loveyou1 lovelove loveme123 lovers123 mylove123 forever1 sweetheart beautiful babygirl babygirl1
princess princess1 sunshine sunshine1 football football1 baseball baseball1 basketball softball soccer123 hockey123 volleyball swimming liverpool liverpool1 chelsea1 chelsea123 arsenal1 arsenal123
barcelona realmadrid manchester manutd123 juventus ronaldo7 cristiano superman superman1 batman123 spiderman ironman1 starwars starwars1 pokemon1 pokemon123 pikachu1 naruto123 dragonball minecraft minecraft1 fortnite roblox123
michael1 michael123 jennifer jennifer1 jessica1 michelle charlie1 charlie123 jonathan elizabeth alexander alexandra benjamin daniel123 samantha samantha1 christian christopher stephanie nicholas nicole123 matthew1 anthony1 andrew123 joshua123 william1 victoria veronica valentina
computer computer1 internet samsung1 samsung123 microsoft google123 facebook facebook1 whatsapp instagram snapchat linkedin youtube1 windows1 macintosh thinkpad
welcome1 welcome123 welcome12 welcome! welcome2024 welcome2025 welcome2026 letmein1 letmein123 letmein! changeme changeme1 changeme123 trustno1 whatever whatever1 secret123 secret12 mypassword mypass123 password2 password3 passwort passwort1 passwort123 hallo123 motdepasse contrasena senha123 parola123 parolamea
admin123 admin1234 admin12345 administrator adminadmin admin@123 root1234 rootroot toor1234 test1234 testtest test12345 testing1 testing123 tester123 guest123 user1234 username default1 default123 demo1234 demodemo example1 system123 manager1 server123 oracle123 postgres mysql123 parley123
master123 monkey123 dragon123 shadow123 killer123 hunter123 hunter12 jordan23 jordan123 mustang1 mercedes ferrari1 corvette porsche1 lamborghini harley123 yamaha123 kawasaki
butterfly cocacola chocolate strawberry blueberry cheesecake pineapple watermelon cupcake1 cookie123 coffee123 orange123 banana123 cherry123 peaches1 pumpkin1
snowball snowflake rainbow1 flower123 sunflower midnight moonlight starlight lightning thunder1 phoenix1 tiger123 elephant dolphin1 dolphins eagle123 cowboys1 yankees1 lakers24 steelers
december november september february summer123 summer2024 summer2025 summer2026 winter123 winter2024 winter2025 winter2026 spring2025 spring2026 autumn2025 autumn2026 january1 october1
metallica slipknot1 nirvana1 eminem123 beatles1 blink182 greenday blackberry playstation nintendo gamecube xbox360! xboxlive counterstrike
scooby123 scoobydoo tinkerbell cinderella garfield mickey123 minnie123 snoopy123 winniethepooh hellokitty spongebob friends1 family123 children mother123 father123 daddy123 mommy123 grandma1
asdfghjkl1 zxcvbnm, qwerty!@ !qaz2wsx !qaz@wsx 1qaz@wsx qwerty1! abcd12345 abcde123 abcdefg1 abcdefg123 abcdefghi abc123abc 1234abcd 123abc123 aaaaaaaa aaaaaaaaa xxxxxxxx zzzzzzzz asasasas
`.split(/\s+/).filter(Boolean))
