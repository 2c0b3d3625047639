<?php
// Adminer's login form with ADMINER_DEFAULT_SERVER (by default "db") filled in.
function adminer_object() {
    class WithDefaultServer extends Adminer {
        function loginFormField($name, $heading, $value) {
            $server = htmlspecialchars(getenv('ADMINER_DEFAULT_SERVER') ?: 'db');
            if ($name === 'server') {
                $value = str_replace('value=""', 'value="' . $server . '"', $value);
            }
            return parent::loginFormField($name, $heading, $value);
        }
    }
    return new WithDefaultServer;
}
require '/usr/share/adminer/adminer.php';
